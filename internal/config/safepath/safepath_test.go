package safepath_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"reportsync/internal/config/safepath"
)

func TestSegment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"plain":             {"Weekly 2025", "Weekly 2025"},
		"other scripts":     {"Отчёт за апрель", "Отчёт за апрель"},
		"dot inside":        {"v1.2", "v1.2"},
		"empty":             {"", "_"},
		"slash":             {"a/b", "a_b"},
		"backslash":         {`a\b`, "a_b"},
		"climbing":          {"..", "_"},
		"climbing deep":     {"../../etc", "_.._etc"},
		"dots and spaces":   {" .. . ", "_"},
		"trailing dot":      {"name.", "name"},
		"trailing space":    {"name ", "name"},
		"hidden":            {".profile", "profile"},
		"NUL":               {"a\x00b", "a_b"},
		"line break":        {"a\r\nb", "a__b"},
		"delete":            {"a\x7fb", "a_b"},
		"C1 control":        {"a\u0085b", "a_b"},
		"bidi override":     {"a\u202etxt.exe", "a_txt.exe"},
		"bidi isolate":      {"\u2066a\u2069", "_a_"},
		"zero width":        {"a\u200bb", "a_b"},
		"line separator":    {"a\u2028b", "a_b"},
		"no UTF-8":          {"a\xffb", "a_b"},
		"Windows":           {`a<b>c:d"e|f?g*h`, "a_b_c_d_e_f_g_h"},
		"device":            {"CON", "_CON"},
		"device, lower":     {"nul", "_nul"},
		"device, extension": {"aux.tar.gz", "_aux.tar.gz"},
		"device, space":     {"com1 .txt", "_com1 .txt"},
		"device, raised":    {"LPT²", "_LPT²"},
		"no device":         {"console", "console"},
		"no port":           {"com10", "com10"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := safepath.Segment(tt.text); got != tt.want {
				t.Errorf("Segment(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestLongNamesStayDifferent(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("ы", 200)+"a", strings.Repeat("ы", 200)+"b"
	x, y := safepath.Segment(a), safepath.Segment(b)
	if x == y || len(x) > safepath.SegmentLimit || len(y) > safepath.SegmentLimit || !strings.HasPrefix(x, "ыыы") {
		t.Errorf("%q and %q", x, y)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 300)
	tests := map[string]struct{ path, want, err string }{
		"plain":           {path: "a/b.csv", want: "a/b.csv"},
		"dot segments":    {path: "./a/./b", want: "a/b"},
		"hidden":          {path: ".a/..b", want: ".a/..b"},
		"colon":           {path: "at 12:00/x", want: "at 12_00/x"},
		"device":          {path: "con/x", want: "_con/x"},
		"trailing dots":   {path: "a. /b.", want: "a/b"},
		"empty":           {path: "", err: "the path is empty"},
		"nothing":         {path: "./.", err: "the path names no file"},
		"absolute":        {path: "/a", err: "absolute"},
		"drive":           {path: "c:x", err: "drive"},
		"backslash":       {path: `a\b`, err: "backslash"},
		"climbing":        {path: "a/../b", err: `".."`},
		"climbing first":  {path: "..", err: `".."`},
		"empty segment":   {path: "a//b", err: "empty segment"},
		"slash at end":    {path: "a/", err: "empty segment"},
		"only dots":       {path: "a/.../b", err: "only dots"},
		"only spaces":     {path: "a/ /b", err: "only dots and spaces"},
		"control":         {path: "a\nb", err: "U+000A"},
		"bidi":            {path: "a\u202eb", err: "U+202E"},
		"no UTF-8":        {path: "a\xffb", err: "UTF-8"},
		"dotted device":   {path: "x/nul.", want: "x/_nul"},
		"climbing, space": {path: "a/.. /b", err: "only dots and spaces"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := safepath.Clean(tt.path)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("Clean(%q): %v", tt.path, err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("Clean(%q): error %v, want one with %q", tt.path, err, tt.err)
			case got != tt.want:
				t.Errorf("Clean(%q) = %q, want %q", tt.path, got, tt.want)
			}
		})
	}
	got, err := safepath.Clean("a/" + long + ".jsonl")
	if err != nil || len(got) > 2+200 || !strings.HasSuffix(got, ".jsonl") || !strings.HasPrefix(got, "a/nnn") {
		t.Errorf("a long name becomes %q, %v", got, err)
	}
}

func checkSegment(t interface{ Fatalf(string, ...any) }, text string) {
	s := safepath.Segment(text)
	switch {
	case s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\\x00:") || !utf8.ValidString(s):
		t.Fatalf("Segment(%q) = %q is no segment", text, s)
	case len(s) > safepath.SegmentLimit:
		t.Fatalf("Segment(%q) = %q is too long", text, s)
	case safepath.Segment(s) != s:
		t.Fatalf("Segment(%q) = %q, whose segment is %q", text, s, safepath.Segment(s))
	case safepath.Segment(safepath.Distinct(text)) != safepath.Distinct(text):
		t.Fatalf("Distinct(%q) = %q is no segment", text, safepath.Distinct(text))
	}
	if clean, err := safepath.Clean("a/" + s + "/b"); err != nil || clean != "a/"+s+"/b" {
		t.Fatalf("Clean does not take the segment %q: %q, %v", s, clean, err)
	}
}

func checkClean(t interface{ Fatalf(string, ...any) }, text string) {
	got, err := safepath.Clean(text)
	if err != nil {
		return
	}
	again, err := safepath.Clean(got)
	if err != nil || again != got {
		t.Fatalf("Clean(%q) = %q, which becomes %q, %v", text, got, again, err)
	}
	if got != path.Clean(got) || path.IsAbs(got) || !strings.HasPrefix(path.Join("/r", got), "/r/") {
		t.Fatalf("Clean(%q) = %q leaves the root", text, got)
	}
}

func TestAnyText(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[./\\ :a-cNUL0-9~\x00-\x1f]{0,12}`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(rt *rapid.T) {
		s := text.Draw(rt, "text")
		checkSegment(rt, s)
		checkClean(rt, s)
	})
}

func FuzzSegment(f *testing.F) {
	for _, s := range []string{"", "..", "a/b", "NUL.txt", "\u202e", "\xff", strings.Repeat("я", 90), " . ", "c:\\x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkSegment(t, s)
		checkClean(t, s)
	})
}

func BenchmarkSegment(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		safepath.Segment("Отчёт: продажи / апрель 2025")
	}
}
