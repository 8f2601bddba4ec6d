package tracker

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	simulated "reportsync/internal/sandbox/tracker"
)

// profiles are what the service may be like, and whether the names of reports can be
// read in some way.
var profiles = []struct {
	set      map[string]string
	readable bool
}{
	{map[string]string{}, true},
	{map[string]string{"read-shape": "plain", "create-status": "201"}, true},
	{map[string]string{"reads": "bare"}, false},
	{map[string]string{"reads": "off"}, false},
	{map[string]string{"reads": "400"}, false},
	{map[string]string{"reads": "405"}, false},
	{map[string]string{"reads": "422", "search-fields": "400"}, false},
	{map[string]string{"reads": "off", "search-fields": "on"}, true},
	{map[string]string{"reads": "on", "search-fields": "400", "author": "login"}, true},
	{map[string]string{"read-back": "parameters"}, false},
	{map[string]string{"read-back": "null"}, false},
}

func inProfile(t *testing.T, faults string, set map[string]string) *org {
	t.Helper()
	return inSandbox(t, faults, simulated.Options{Still: true, Issues: 10, Set: set}, nil)
}

// made are the reports that were created so far.
func (x *org) made() int {
	x.t.Helper()
	list, err := x.own(x.t.Context(), "", time.Time{})
	if err != nil {
		x.t.Fatal(err)
	}
	return len(list)
}

func known(v export.Version) []export.KnownVersion {
	return []export.KnownVersion{{Version: v, Status: export.Remote, Object: true}}
}

func TestReportIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for _, p := range profiles {
		t.Run(fmt.Sprint(p.set), func(t *testing.T) {
			t.Parallel()
			x := inProfile(t, "", p.set)
			before := x.made()
			tg := report(map[string]cty.Value{"sort": sortBy("updated")})
			v, err := x.Create(t.Context(), tg)
			if err != nil {
				t.Fatal(err)
			}
			if v.Meta[metaURL] != pages+v.ID || v.Meta[metaShort] == "" || v.CreatedAt.IsZero() || x.made() != before+1 {
				t.Errorf("%+v", v)
			}
			x.server.Advance(time.Hour)
			tg.Known = known(v)
			o, err := x.Observe(t.Context(), tg)
			if err != nil || len(o.Versions) != 1 || len(o.Drift) > 0 {
				t.Fatalf("%+v, %v", o, err)
			}
			if (len(o.Warnings) == 0) != p.readable {
				t.Errorf("warnings: %q", o.Warnings)
			}
			if !p.readable {
				return
			}
			// A state that knows nothing recognises it; one with other arguments does not.
			tg.Known = nil
			if o, err = x.Observe(t.Context(), tg); err != nil || len(o.Versions) != 1 || o.Versions[0].ID != v.ID {
				t.Errorf("recognised: %+v, %v", o, err)
			}
			tg.Marker = "00000000"
			if o, err = x.Observe(t.Context(), tg); err != nil || len(o.Versions) != 0 {
				t.Errorf("another mark: %+v, %v", o, err)
			}
		})
	}
}

func TestReportIsCreatedOnceWhateverIsLost(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"lost-answer", "late-500", "late-409", "reset", "truncate", "502-html", "never-carried-out"} {
		for _, p := range profiles {
			t.Run(fmt.Sprint(fault, p.set), func(t *testing.T) {
				t.Parallel()
				lost := fault
				if fault == "never-carried-out" {
					lost = "tracker-500"
				}
				x := inProfile(t, lost+":report-create:1", p.set)
				before := x.made()
				tg := report(nil)
				in := export.Intent{Kind: export.IntentCreate, StartedAt: x.server.Clock().Now()}
				_, err := x.Create(t.Context(), tg)
				if providers.KindOf(err) != providers.Uncertain {
					t.Fatalf("a lost answer is %v", err)
				}
				carriedOut := x.made() - before
				rec, err := x.FindCreated(t.Context(), tg, in)
				if rec.Outcome == providers.Undecided && rec.Wait > 0 && err == nil {
					x.server.Advance(time.Minute)
					rec, err = x.FindCreated(t.Context(), tg, in)
				}
				switch {
				case carriedOut == 0:
					if err != nil || rec.Outcome != providers.NotStarted {
						t.Errorf("nothing was created: %+v, %v", rec, err)
					}
				case p.readable:
					if err != nil || rec.Outcome != providers.FoundVersion {
						t.Errorf("it was created: %+v, %v", rec, err)
					}
				case rec.Outcome != providers.Undecided || rec.Wait > 0 || err == nil || !strings.Contains(err.Error(), pages):
					t.Errorf("nothing can be told: %+v, %v", rec, err)
				}
				if n := x.made() - before; n != carriedOut || n > 1 {
					t.Errorf("%d were created", n)
				}
			})
		}
	}
}

// A report without a mark is ours only if everything it was made from is.
func TestReportWithoutAMark(t *testing.T) {
	t.Parallel()
	x := inProfile(t, "lost-answer:report-create:2-2", nil)
	other := report(map[string]cty.Value{"marker": cty.False, "fields": list("key")})
	in := export.Intent{Kind: export.IntentCreate, StartedAt: x.server.Clock().Now()}
	if _, err := x.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	tg := report(map[string]cty.Value{"marker": cty.False})
	if _, err := x.Create(t.Context(), tg); providers.KindOf(err) != providers.Uncertain {
		t.Fatal(err)
	}
	rec, err := x.FindCreated(t.Context(), tg, in)
	if err != nil || rec.Outcome != providers.FoundVersion {
		t.Fatalf("%+v, %v", rec, err)
	}
	e, err := x.readBack(t.Context(), rec.Version.ID)
	if err != nil || !strings.Contains(string(e.Fields.Parameters), "status") {
		t.Errorf("%s, %v", e.Fields.Parameters, err)
	}
}

func TestReportIsDeleted(t *testing.T) {
	t.Parallel()
	for deletes, refused := range map[string]string{"on": "", "404": "", "off": "405", "400": "400", "403": "403"} {
		x := inProfile(t, "", map[string]string{"deletes": deletes})
		v, err := x.Create(t.Context(), report(nil))
		if err != nil {
			t.Fatal(err)
		}
		d, err := x.Delete(t.Context(), providers.Target{Type: typeReport}, v)
		if err != nil || (refused == "") != (d.Refused == "") || !strings.Contains(d.Refused, refused) {
			t.Errorf("%s: %+v, %v", deletes, d, err)
		}
		if e, err := x.exists(t.Context(), v.ID); err != nil || (e == nil) != (deletes == "on") {
			t.Errorf("%s: it is there: %t, %v", deletes, e != nil, err)
		}
	}
	x := inProfile(t, "tracker-503:report-delete:1", nil)
	v, err := x.Create(t.Context(), report(nil))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := x.Delete(t.Context(), providers.Target{}, v); err != nil || d.Refused != "" {
		t.Errorf("a service that is busy for a moment: %+v, %v", d, err)
	}
	if d, err := x.Delete(t.Context(), providers.Target{}, v); err != nil || d.Refused != "" {
		t.Errorf("deleted twice: %+v, %v", d, err)
	}
	v.Meta = map[string]string{metaOrg: "other"}
	if d, err := x.Delete(t.Context(), providers.Target{}, v); err != nil || !strings.Contains(d.Refused, "organisation other") {
		t.Errorf("of another organisation: %+v, %v", d, err)
	}
}

func TestReportThatVanishes(t *testing.T) {
	t.Parallel()
	x := inProfile(t, "", nil)
	tg := report(nil)
	v, err := x.Create(t.Context(), tg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Delete(t.Context(), tg, v); err != nil {
		t.Fatal(err)
	}
	tg.Known = known(v)
	if o, err := x.Observe(t.Context(), tg); err != nil || len(o.Versions) != 0 || len(o.Drift) != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	x := inProfile(t, "", nil)
	v, err := x.Create(t.Context(), report(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{v.ID, v.Meta[metaShort], v.Meta[metaURL], v.Meta[metaURL] + "/"} {
		if got, err := x.Lookup(t.Context(), report(nil), name); err != nil || got.ID != v.ID {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, kind := range map[string]providers.Kind{"68f68b553cdc3969e0445570": providers.NotFound, "999999": providers.NotFound, "my report": providers.Invalid} {
		if _, err := x.Lookup(t.Context(), report(nil), name); providers.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSavedFilterThatIsEdited(t *testing.T) {
	t.Parallel()
	x := inSandbox(t, "", simulated.Options{Issues: 10}, nil)
	tg := report(map[string]cty.Value{"query": cty.NullVal(cty.String), "filter_id": str("103")})
	v, err := x.Create(t.Context(), tg)
	if err != nil {
		t.Fatal(err)
	}
	tg.Known = known(v)
	if o, err := x.Observe(t.Context(), tg); err != nil || len(o.Drift) > 0 {
		t.Fatalf("%+v, %v", o, err)
	}
	x.server.Advance(24 * time.Hour)
	if o, err := x.Observe(t.Context(), tg); err != nil || len(o.Drift) != 1 || !strings.Contains(o.Drift[0], "saved filter 103") {
		t.Errorf("%+v, %v", o, err)
	}
	tg.Args["filter_id"] = str("104")
	if _, err := x.Observe(t.Context(), tg); providers.KindOf(err) != providers.Permission {
		t.Errorf("somebody else's: %v", err)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	cases := []struct {
		set  map[string]string
		want string // of the error
	}{
		{map[string]string{"attachments": "on"}, ""},
		{map[string]string{"attachments": "file"}, ""},
		{map[string]string{"attachments": "off", "reads": "off"}, "does not hand out"},
		{map[string]string{"attachments": "405", "reads": "405"}, "does not hand out"},
		{map[string]string{"attachments": "never"}, "has not appeared within 2m0s"},
		{map[string]string{"attachments": "on", "content": "ui"}, "not that of the API"},
		{map[string]string{"attachments": "on", "content": "gone"}, "404"},
	}
	for _, c := range cases {
		for _, format := range []string{"xlsx", "xml", "csv"} {
			t.Run(fmt.Sprint(c.set, format), func(t *testing.T) {
				t.Parallel()
				x := inProfile(t, "", c.set)
				tg := report(map[string]cty.Value{"report_format": str(format), "download": str("try")})
				v, err := x.Create(t.Context(), tg)
				if err != nil {
					t.Fatal(err)
				}
				r, err := x.Open(t.Context(), tg, v)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = r.Close() }()
				part, err := r.Next(t.Context())
				if c.want != "" {
					if err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("got %v, want %q", err, c.want)
					}
					return
				}
				if err != nil || part.Rows != nil || part.Ext != format {
					t.Fatalf("%+v, %v", part, err)
				}
				n, err := part.Body.Read(make([]byte, 100))
				if err != nil || n == 0 {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
		}
	}
}

// What is asked of a report in any way goes to the configured host alone, with one
// organisation's header.
func TestHeaders(t *testing.T) {
	t.Parallel()
	null := cty.NullVal(cty.String)
	for name, more := range map[string]map[string]cty.Value{
		"oauth": {}, "iam": {"token": str("sandbox-tracker-iam"), "token_type": str("iam"), "org_id": null, "cloud_org_id": str("bpfsandboxorg0000000")},
	} {
		x := inSandbox(t, "", simulated.Options{Still: true, Issues: 10}, more)
		if found, err := x.Examine(t.Context()); err != nil || len(found) != 2 {
			t.Errorf("%s: %q, %v", name, found, err)
		}
	}
	x := inSandbox(t, "", simulated.Options{Still: true, Issues: 10}, map[string]cty.Value{"org_id": str("1")})
	var e *providers.Error
	if _, err := x.Examine(t.Context()); !errors.As(err, &e) || e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
		t.Errorf("another organisation: %v", err)
	}
}
