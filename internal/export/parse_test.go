package export_test

import (
	"testing"
	"time"

	"reportsync/internal/export"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]export.Address{
		`planfix_report.weekly`:             {Type: "planfix_report", Name: "weekly"},
		`planfix_report.weekly["Sales"]`:    {Type: "planfix_report", Name: "weekly", Key: "Sales", HasKey: true},
		`data.planfix_reports.all`:          {Data: true, Type: "planfix_reports", Name: "all"},
		`planfix_report.weekly["a\"b$${c"]`: {Type: "planfix_report", Name: "weekly", Key: `a"b${c`, HasKey: true},
	} {
		got, err := export.ParseAddress(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if got.String() != text {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for _, text := range []string{"", "x", "x.", ".y", "x.y[", "x.y[]", "x.y[3]", `x.y["a`, "x.1", "x y.z", "data.x"} {
		if a, err := export.ParseAddress(text); err == nil {
			t.Errorf("%q was taken for %+v", text, a)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add(`planfix_report.weekly["Sales"]`)
	f.Add(`data.x.y["$${a}%%{b}"]`)
	f.Add(`x.y["\u202e"]`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := export.ParseAddress(text)
		if err != nil {
			return
		}
		again, err := export.ParseAddress(a.String())
		if err != nil || again != a {
			t.Errorf("%q: %+v is written as %s and read back as %+v, %v", text, a, a, again, err)
		}
	})
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "1w2d": 9 * day, "36h": 36 * time.Hour, "10m30s": 630 * time.Second, "1.5d": 36 * time.Hour, "0s": 0, "1d12h": 36 * time.Hour,
	} {
		if got, err := export.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "-1h", "soon", "5", "1d1w", "9999999999w", "NaNd", "Infd", "1e300d"} {
		if got, err := export.ParseDuration(text); err == nil {
			t.Errorf("%q was taken for %s", text, got)
		}
	}
}
