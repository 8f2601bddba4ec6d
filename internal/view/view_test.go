package view

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
)

func bubble(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }

func TestClean(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"Отчёт 日本 é":                 "Отчёт 日本 é",
		"a\nb\r\tc":                  `a\nb\r\tc`,
		"\x1b[31mred\x1b]0;t\a":      `\x1b[31mred\x1b]0;t\x07`,
		"nul\x00 del\x7f":            `nul\x00 del\x7f`,
		"c1 \u009b31m":               `c1 \u009b31m`,
		"bidi \u202e\u2066\u200f":    `bidi \u202e\u2066\u200f`,
		"zero\u200b width\ufeff":     `zero\u200b width\ufeff`,
		"tag \U000e0041":             `tag \U000e0041`,
		"line\u2028sep":              `line\u2028sep`,
		"broken \xff\xc3":            "broken \ufffd\ufffd",
		"real \ufffd":                "real \ufffd",
		"👩\u200d💻 joined":            "👩\u200d💻 joined",
		"marks \x0e\x0f\x10\x16 too": `marks \x0e\x0f\x10\x16 too`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[2Jb\n\xff\u202e")
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if Clean(got) != got {
			t.Errorf("cleaning twice changes %q", got)
		}
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x1b\x00") {
			t.Errorf("not clean: %q", got)
		}
		if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return unsafe(r, utf8.RuneLen(r)) }) < 0 && got != s {
			t.Errorf("harmless text was changed: %q to %q", s, got)
		}
	})
}

func TestHuman(t *testing.T) {
	t.Parallel()
	same := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for n, want := range map[int64]string{
		-1: "", 0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 90112: "88 KiB", 1048575: "1.0 MiB", 10 << 20: "10 MiB",
		5 << 30: "5.0 GiB", 1 << 62: "4.0 EiB", 1023 << 10: "1023 KiB",
	} {
		same(Bytes(n), want)
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1204: "1,204", 1234567: "1,234,567", -1000: "-1,000"} {
		same(Count(n), want)
	}
	for d, want := range map[time.Duration]string{
		0: "0 s", -1: "0 s", 1: "1 ms", 450 * time.Millisecond: "450 ms", 40 * time.Second: "40 s", 250 * time.Second: "4 min 10 s",
		2 * time.Hour: "2 h", 2*time.Hour + 5*time.Second: "2 h", 76 * time.Hour: "3 d 4 h", 59*time.Second + 600*time.Millisecond: "1 min",
	} {
		same(Duration(d), want)
	}
	now := time.Date(2026, 11, 27, 23, 30, 0, 0, time.FixedZone("MSK", 3*3600))
	for at, want := range map[time.Time]string{
		{}:                         "",
		now:                        "23:30",
		now.Add(-20 * time.Hour):   "03:30",
		now.Add(time.Hour):         "tomorrow 00:30",
		now.Add(time.Hour).UTC():   "tomorrow 00:30",
		now.Add(48 * time.Hour):    "2026-11-29 23:30",
		now.Add(-24 * time.Hour):   "2026-11-26 23:30",
		now.AddDate(1, 0, 0).UTC(): "2027-11-27 23:30",
	} {
		same(When(at, now), want)
	}
	same(plural(1, "entry"), "1 entry")
	same(plural(2000, "entry"), "2,000 entries")
}

func TestShort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Clean(rapid.String().Draw(t, "text"))
		n := rapid.IntRange(1, 40).Draw(t, "width")
		for _, got := range []string{short(s, n), shortEnd(s, n)} {
			if w := cells(got); w > n {
				t.Errorf("%q has %d cells, more than %d", got, w, n)
			}
		}
		if cells(s) <= n && (short(s, n) != s || shortEnd(s, n) != s) {
			t.Errorf("%q fits %d and was cut", s, n)
		}
	})
	if got, want := shortEnd("weekly/Sales/5388.csv", 9), "…5388.csv"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	got := wrap("one two three\n\n  left as it is, though long\nhttps://example.com/very/long/link end", 10)
	want := []string{"one two", "three", "", "  left as it is, though long", "https://example.com/very/long/link", "end"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	v, k := shape{color: true}.view()
	v.Say("%s and %s, %d of %v", "a\nb", errors.New("c\x1b"), 3, weekly("k"))
	v.Hint("do %s", "this")
	v.Warn("careful")
	want := "a\\nb and c\\x1b, 3 of planfix_report.weekly[\"k\"]\n\x1b[2mHint: \x1b[0mdo this\n--- stderr\n\x1b[33mWarning: \x1b[0mcareful\n"
	if got := k.all(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"yes\n": "true", " yes \r\nmore": "true", "yes": "true", "no\n": "false", "YES\n": "false", "\n": "false", "y\n": "false",
		"":                              "ask for approval: the input ended without an answer; use -auto-approve where nobody can answer",
		strings.Repeat("yes ", 1000):    "ask for approval: the answer is longer than 1024 bytes",
		"yes" + strings.Repeat(" ", 50): "true",
	} {
		v, k := shape{}.view()
		ok, err := v.Confirm(strings.NewReader(in), "Do you want to perform these actions?")
		got := map[bool]string{true: "true", false: "false"}[ok]
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.20q: got %s, want %s", in, got, want)
		}
		if !strings.Contains(k.out.String(), "Only 'yes' will be accepted") {
			t.Errorf("the prompt is %q", k.out.String())
		}
	}
	rest := strings.NewReader("yes\nnext")
	v, _ := shape{}.view()
	if _, err := v.Confirm(rest, "?"); err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(rest); string(b) != "next" {
		t.Errorf("what follows the answer is %q, want %q", b, "next")
	}
	v, k := shape{json: true}.view()
	if ok, err := v.Confirm(strings.NewReader("yes\n"), "?"); ok || err == nil || k.out.Len() > 0 {
		t.Errorf("with JSON: %t, %v, %q", ok, err, k.out.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestErr(t *testing.T) {
	t.Parallel()
	v := New(Streams{Out: brokenWriter{}}, Options{})
	if err := v.Err(); err != nil {
		t.Fatal(err)
	}
	v.Say("x")
	v.Warn("y")
	if err := v.Err(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestRunEvents(t *testing.T) {
	t.Parallel()
	v, k := shape{json: true}.view()
	v.Version("0.1.0")
	v.Say("hello")
	v.RunSummary(RunSummary{ExitCode: 3, Outcomes: map[string]int{"done": 2, "failed": 1}})
	golden(t, "run_events", k.all())
	v, k = shape{}.view()
	v.Version("0.1.0")
	v.RunSummary(RunSummary{})
	if got := k.all(); got != "--- stderr\n" {
		t.Errorf("without JSON: %q", got)
	}
}

func TestDocumentIsSafeOnTerminals(t *testing.T) {
	t.Parallel()
	v, k := shape{json: true}.view()
	if err := v.Document(map[string]string{"a": hostile + "\U000e0041"}); err != nil {
		t.Fatal(err)
	}
	harmless(t, k.out.String(), false)
	if got := jsonLines(t, k.out.String())[0]["a"]; got != strings.ToValidUTF8(hostile, "\ufffd")+"\U000e0041" {
		t.Errorf("text was lost: %q", got)
	}
	if err := v.Document(func() {}); err == nil {
		t.Error("a function was encoded")
	}
}

func known() []*export.Known {
	return []*export.Known{{
		Address: weekly("Sales"), Provider: "planfix", Account: "acme.planfix.com", PreventDestroy: true, OnDestroy: "forget",
		Attributes: []byte(`{"report_id":"7"}`),
		Versions: []export.KnownVersion{
			{Version: version("5380", 1), Status: export.Pruned},
			{Version: version("5388", 2), Status: export.Kept, Rows: 1204, Artifacts: []export.Artifact{artifact("weekly/Sales/5388.csv", 1204)}},
			{
				Version: export.Version{ID: "5391", Period: &export.Period{Name: "2025-04"}}, Status: export.Kept, Rows: -1, Damaged: true,
				Artifacts: []export.Artifact{artifact("weekly/Sales/5391/a.pdf", -1), artifact("weekly/Sales/5391/b.pdf", -1)},
			},
			{Version: export.Version{ID: "6000", CreatedRaw: "today"}, Status: export.Announced},
		},
		Requests: []export.Request{{ID: "r-1", StartedAt: noon}},
		Intents:  []export.Intent{{Kind: export.IntentGenerate, StartedAt: noon}},
	}, {Address: weekly(hostile[:30])}}
}

func TestRows(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*View){
		"versions": func(v *View) { _ = v.Versions(known(), "exports") },
		"instance": func(v *View) { v.Instance(known()[0], "exports") },
		"history": func(v *View) {
			ended := noon.Add(40 * time.Second)
			_ = v.History([]HistoryRow{{
				ID: 12, Started: noon, Ended: &ended, Command: "apply", User: "ann", Host: "host", Outcome: "failed", Requests: 9, Bytes: 90112,
				Summary: "3 done, 1 failed, 0 pending, 0 skipped",
				Items:   []HistoryItem{{Address: "planfix_report.weekly", Outcome: "failed", Reason: "read save list: connection refused"}},
			}})
		},
		"verify": func(v *View) {
			_ = v.Verify([]VerifyRow{
				{Address: "planfix_report.weekly", Version: "1", Path: "a.csv", Condition: export.Whole},
				{Address: "planfix_report.weekly", Version: "2", Path: "b.csv", Condition: export.Damaged, Detail: "sha256 differs"},
				{Address: "planfix_report.weekly", Version: "3", Path: "c.csv", Condition: export.Missing},
			})
		},
		"verify_whole":  func(v *View) { _ = v.Verify([]VerifyRow{{Path: "a.csv", Condition: export.Whole}}) },
		"rows_none":     func(v *View) { _ = v.Versions(nil, ""); _ = v.History(nil); _ = v.Verify(nil) },
		"markdown":      func(v *View) { v.Markdown(samplePlan(), PlanOptions{Outputs: sampleOutputs()}) },
		"markdown_none": func(v *View) { v.Markdown(quietPlan(), PlanOptions{Refreshed: true}) },
		"addresses":     func(v *View) { v.Addresses([]export.Address{stocks, weekly("a\x1bb")}) },
	}
	for name, show := range cases {
		for _, kind := range []string{"pipe", "tty60", "json"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				v, k := shapes[kind].view()
				show(v)
				golden(t, name+"_"+kind, k.all())
				harmless(t, k.all(), false)
			})
		}
	}
}

func TestMarkdownCannotBeBrokenOut(t *testing.T) {
	t.Parallel()
	v, _ := shape{}.view()
	p := hostilePlan()
	p.Changes[0].Address = weekly("a```|b````")
	got := v.PlanMarkdown(p, PlanOptions{})
	if strings.Count(got, "\n`````") != 2 {
		t.Errorf("the fence is too short:\n%.400s", got)
	}
	if !strings.Contains(got, `a`+"```"+`\|b`) {
		t.Errorf("the table cell is not escaped:\n%.400s", got)
	}
}
