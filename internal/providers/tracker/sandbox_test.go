package tracker

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/providertest"
	"reportsync/internal/providers/providertest/insandbox"
	"reportsync/internal/sandbox"
	"reportsync/internal/sandbox/sim"
	simulated "reportsync/internal/sandbox/tracker"
	"reportsync/internal/schema"
)

// org is a provider and the organisation it talks to.
type org struct {
	*provider
	t      testing.TB
	server *sandbox.Server
	args   schema.Values
	counts func() sim.Counts
}

// inSandbox makes a provider for a sandbox, whose limits must not be broken.
func inSandbox(t testing.TB, faults string, o simulated.Options, more map[string]cty.Value) *org {
	t.Helper()
	a := insandbox.Start(t, Type(), sandbox.Options{Tracker: o}, faults, more)
	return &org{provider: a.Provider.(*provider), t: t, server: a.Server, args: a.Args, counts: a.Counts}
}

func issuesOf(given map[string]cty.Value) providers.Target {
	return providers.Target{Type: typeIssues, Args: arguments(typeIssues, given)}
}

func TestConformanceAgainstSandbox(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t *testing.T) *providertest.Fixture {
		x := inSandbox(t, "", simulated.Options{Still: true, Issues: 2000}, nil)
		return &providertest.Fixture{
			Provider: x.provider, Secrets: []string{x.args["token"].AsString()}, Reading: true,
			Target: issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT"), "fields": list("key", "status")}),
			Data:   map[string]schema.Values{dataFields: {"queue": str("SUPPORT")}, dataReports: {}},
		}
	}})
}

// reading is what a reading of issues gave, by sheet.
type reading struct {
	rows    map[string][]string // cells joined by |
	keys    []string
	kinds   map[export.PartKind]int
	version export.Version
	warned  []string
}

func (x *org) read(tg providers.Target) (*reading, error) {
	x.t.Helper()
	now := x.server.Clock().Now()
	v := export.Version{ID: now.Format("20060102T150405Z"), CreatedAt: now}
	r, err := x.Open(x.t.Context(), tg, v)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	out := &reading{rows: map[string][]string{}, kinds: map[export.PartKind]int{}}
	for {
		part, err := r.Next(x.t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		out.kinds[part.Kind]++
		rows := part.Rows(part.Body)
		for {
			cells, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return out, err
			}
			var texts []string
			for _, c := range cells {
				texts = append(texts, string(c))
			}
			row := strings.Join(texts, "|")
			if part.Kind == export.PartKeys {
				out.keys = append(out.keys, row)
			} else {
				out.rows[part.Sheet] = append(out.rows[part.Sheet], row)
			}
		}
	}
	r.(export.Concluder).Conclude(&v)
	out.version, out.warned = v, r.Warnings()
	return out, nil
}

func TestIssuesArriveWhole(t *testing.T) {
	t.Parallel()
	all := map[string]cty.Value{"query": str(`Created: notEmpty()`), "fields": list("key")}
	cases := []struct {
		name   string
		faults string
		given  map[string]cty.Value
		err    string
	}{
		{"scroll", "", all, ""},
		{"12,345 and a lost page", "lost-answer:issue-scroll:5-5", all, ""},
		{"two lost pages", "lost-answer:issue-scroll:4-4,reset:issue-scroll:6-6", all, ""},
		{"cut short", "truncate:issue-scroll:3-3", all, ""},
		{"a broken page", "corrupt:issue-scroll:3-3", all, ""},
		{"pages that are broken again and again", "corrupt:issue-scroll:2-", all, "cannot be read"},
		{"a broken page of a queue", "corrupt:issue-search:2-2", map[string]cty.Value{"queue": str("DEV")}, "cannot be read"},
		{"an HTML page", "502-html:issue-scroll:3-3", all, ""},
		{"busy", "tracker-503:issue-scroll:3-3", all, ""},
		{"too fast", "tracker-429:issue-scroll:3-4", all, ""},
		{"expired", "scroll-expired:issue-scroll:4-4", all, ""},
		{"never whole", "scroll-expired:issue-scroll:2-", all, "403"},
		{"no rights", "tracker-403:issue-scroll:1-1", all, "403"},
		{"the token expires", "tracker-401:issue-scroll:4-4", all, "401"},
		{"a queue", "", map[string]cty.Value{"queue": str("DEV")}, ""},
		{"a queue, a page lost", "lost-answer:issue-search:2-2", map[string]cty.Value{"queue": str("DEV")}, ""},
		{"a saved query", "", map[string]cty.Value{"filter_id": str("101")}, ""},
		{"a saved object", "", map[string]cty.Value{"filter_id": str("102")}, ""},
		{"a filter", "", map[string]cty.Value{"filter": cty.ObjectVal(map[string]cty.Value{"queue": str("DEV"), "type": str("bug")})}, ""},
		{"no such filter", "", map[string]cty.Value{"filter_id": str("999")}, "no saved filter 999"},
		{"somebody else's filter", "", map[string]cty.Value{"filter_id": str("104")}, "may not see the saved filter 104"},
		{"a query that is none", "", map[string]cty.Value{"query": str("Queue: (")}, "400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			issues := 3456
			if strings.Contains(c.name, "12,345") {
				issues = 12_345
			}
			x := inSandbox(t, c.faults, simulated.Options{Still: true, Issues: issues}, nil)
			tg := issuesOf(c.given)
			got, err := x.read(tg)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := x.selectionOf(t.Context(), tg.Args)
			if err != nil {
				t.Fatal(err)
			}
			want, err := x.count(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, row := range got.rows[""] {
				id, _, _ := strings.Cut(row, "|")
				ids[id] = true
			}
			if len(got.rows[""]) != want || len(ids) != want || want == 0 {
				t.Errorf("%d rows of %d issues, want %d", len(got.rows[""]), len(ids), want)
			}
		})
	}
}

// quick are providers that wait for nothing, so that time stands as long as nobody
// moves it.
func quick(t *testing.T, o simulated.Options) *org {
	o.Lax = true
	return inSandbox(t, "", o, map[string]cty.Value{"requests_per_second": cty.NumberIntVal(100_000)})
}

func TestIncrementsAreWhatAFullReadingGives(t *testing.T) {
	t.Parallel()
	// What people call a linked object can change without the issue.
	fields := list("key", "summary", "status", "assignee", "updated", "version", "tags")
	for name, given := range map[string]map[string]cty.Value{
		"query":  {"query": str("Queue: SUPPORT, DEV Status: !Closed")},
		"queue":  {"queue": str("DEV")},
		"filter": {"filter": cty.ObjectVal(map[string]cty.Value{"queue": str("DEV")})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given["fields"] = fields
			x := quick(t, simulated.Options{Issues: 1000})
			full := issuesOf(given)
			tg := issuesOf(given)
			tg.Args["sync"], tg.Args["sweep_every"] = str("incremental"), str("1d")
			rows := map[string]string{}
			for round := range 5 {
				got, err := x.read(tg)
				if err != nil {
					t.Fatal(err)
				}
				if first := round == 0; first != (got.kinds[export.PartChanges] == 0) {
					t.Fatalf("round %d: parts %v", round, got.kinds)
				}
				for _, r := range got.rows[""] {
					id, _, _ := strings.Cut(r, "|")
					rows[id] = r
				}
				if got.kinds[export.PartKeys] > 0 {
					maps.DeleteFunc(rows, func(id string, r string) bool {
						return !slices.Contains(got.keys, id) && !slices.Contains(got.rows[""], r)
					})
				}
				if round > 0 && len(got.rows[""]) > len(rows)*2/3 {
					t.Errorf("round %d read %d of %d rows", round, len(got.rows[""]), len(rows))
				}
				if swept := got.kinds[export.PartKeys] > 0; swept != (round == 2 || round == 4) {
					t.Errorf("round %d: swept %t", round, swept)
				} else if swept {
					want, err := x.read(full)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(slices.Sorted(slices.Values(want.rows[""])), slices.Sorted(maps.Values(rows))); diff != "" {
						t.Errorf("round %d (-full +increments): %s", round, diff)
					}
				}
				tg.Base = &export.KnownVersion{Version: got.version}
				x.server.Advance(13 * time.Hour)
			}
		})
	}
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	x := quick(t, simulated.Options{Issues: 300})
	tg := issuesOf(map[string]cty.Value{"queue": str("DEV"), "sync": str("incremental"), "include": list("changelog"), "fields": list("key", "updated")})
	first, err := x.read(tg)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.rows[sheetIssues]) == 0 || len(first.rows[changelog]) < len(first.rows[sheetIssues]) {
		t.Errorf("%d issues and %d changes", len(first.rows[sheetIssues]), len(first.rows[changelog]))
	}
	ids := map[string]bool{}
	for _, r := range first.rows[changelog] {
		id, _, _ := strings.Cut(r, "|")
		if ids[id] {
			t.Errorf("%s is there twice", id)
		}
		ids[id] = true
	}
	x.server.Advance(5 * time.Hour)
	tg.Base = &export.KnownVersion{Version: first.version}
	before := x.counts().Requests["changelog"]
	second, err := x.read(tg)
	if err != nil {
		t.Fatal(err)
	}
	asked := x.counts().Requests["changelog"] - before
	if n := len(second.rows[sheetIssues]); n == 0 || n > len(first.rows[sheetIssues])/2 || asked < n || asked > 2*n {
		t.Errorf("%d of %d issues have changed, and %d histories were read", n, len(first.rows[sheetIssues]), asked)
	}
}

func TestShortfallIsAnError(t *testing.T) {
	t.Parallel()
	x := inSandbox(t, "", simulated.Options{Still: true, Issues: 2000}, nil)
	r := newReader(x.provider, issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT")}), export.Version{})
	s, err := x.selectionOf(t.Context(), r.target.Args)
	if err != nil {
		t.Fatal(err)
	}
	n, err := x.count(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	r.list = &listing{sel: s, count: n, taken: n - 5}
	if err := r.complete(t.Context()); err != nil {
		t.Errorf("five are missing: %v", err)
	}
	r.list.taken = n - 50
	if err := r.complete(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d issues arrived", n-50)) {
		t.Errorf("fifty are missing: %v", err)
	}
	r.phase, r.list.taken = readingKeys, n-1
	if err := r.complete(t.Context()); err == nil {
		t.Error("an id that did not come counts as an issue that is gone")
	}
	r.phase, r.list.taken = readingIssues, n-50
	r.target.Args["max_missing"] = cty.NumberIntVal(50)
	if err := r.complete(t.Context()); err != nil {
		t.Errorf("fifty may be missing: %v", err)
	}
}

func TestTolerance(t *testing.T) {
	t.Parallel()
	for count, want := range map[int]int{0: 5, 100: 5, 2_000: 10, 12_345: 61, 200_000: 100, 5_000_000: 100} {
		if got := tolerance(count); got != want {
			t.Errorf("of %d: %d, want %d", count, got, want)
		}
	}
}

func TestAScrollThatIsGivenUpIsReleased(t *testing.T) {
	t.Parallel()
	x := inSandbox(t, "", simulated.Options{Still: true}, nil)
	r, err := x.Open(t.Context(), issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT, DEV")}), export.Version{CreatedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n := x.counts().Requests["scroll-clear"]; n != 1 {
		t.Errorf("released %d times", n)
	}
}

func TestObserveIssues(t *testing.T) {
	t.Parallel()
	x := inSandbox(t, "", simulated.Options{Still: true}, nil)
	o, err := x.Observe(t.Context(), issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT"), "include": list("changelog")}))
	if err != nil || o.Requests < 1000 {
		t.Errorf("%+v, %v", o, err)
	}
	_, err = x.Observe(t.Context(), issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT"), "fields": list("key", "Status")}))
	if err == nil || !strings.Contains(err.Error(), "no Status (did you mean status?)") {
		t.Errorf("an unknown column: %v", err)
	}
	o, err = x.Observe(t.Context(), issuesOf(map[string]cty.Value{"query": str("Queue: SUPPORT"), "fields": list("key", "Status"), "strict_fields": cty.False}))
	if err != nil || len(o.Warnings) != 1 {
		t.Errorf("an unknown column that is let in: %+v, %v", o, err)
	}
}

func TestAnotherUserOrOrganisation(t *testing.T) {
	t.Parallel()
	x := inSandbox(t, "", simulated.Options{Still: true}, nil)
	tg := issuesOf(map[string]cty.Value{"queue": str("SUPPORT")})
	got, err := x.read(tg)
	if err != nil {
		t.Fatal(err)
	}
	tg.Known = []export.KnownVersion{{Version: got.version}}
	if _, err := x.Observe(t.Context(), tg); err != nil {
		t.Errorf("the same: %v", err)
	}
	tg.Known[0].Meta = map[string]string{metaOrg: "other", metaUser: got.version.Meta[metaUser]}
	if _, err := x.Observe(t.Context(), tg); err == nil || !strings.Contains(err.Error(), "organisation other") {
		t.Errorf("another organisation: %v", err)
	}
	tg.Known[0].Meta = map[string]string{metaOrg: x.org, metaUser: "somebody"}
	if _, err := x.Observe(t.Context(), tg); err == nil || !strings.Contains(providers.HintOf(err), "allow_other_user") {
		t.Errorf("another user: %v", err)
	}
	x.another = true
	if _, err := x.Observe(t.Context(), tg); err != nil {
		t.Errorf("another user that is allowed: %v", err)
	}
}
