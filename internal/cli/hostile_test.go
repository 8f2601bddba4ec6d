package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are names and ids that a service could hold.
var hostile = []string{
	"../../../etc/passwd", "/abs", `..\..\x`, `C:\x`, "C:x", "..", ".", "...", "~", "-rf", "$(id)", "`id`", "%2e%2e%2f", "a\x00b", "a\nb", "a\tb",
	"\u202egnp.exe", "\u200b", "\ufeff", "CON", "nul.csv", "COM1", "LPT¹.x", "aux ", " ", "trailing. ", strings.Repeat("я", 2048), strings.Repeat("я", 2047) + "x",
	"Key", "key", "KEY", "e\u0301", "x/manifest.json", "a:b", "a*b?", `"quoted"`, "${version.id}", "%{ for x in y }", "7.csv", "7.manifest", ".reportsync-tmp",
}

// hostileIDs are those that stay apart when they are made safe. Where ids do not,
// the plan is refused.
var hostileIDs = []string{
	"../../../etc/passwd", "/abs", `..\..\x`, `C:\x`, "..", "-rf", "$(id)", "%2e%2e%2f", "a\x00b", "\u202egnp.exe", "CON", "nul.csv", "LPT¹.x",
	strings.Repeat("я", 2048), strings.Repeat("я", 2047) + "x", "Key", "${version.id}", "7.csv", ".reportsync-tmp", "x/manifest.json",
}

// devices are names that Windows keeps for itself.
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com\d|lpt[\d¹²³])(\.|$)`)

// hostileService has a report for each hostile name, and one of saves with ids.
func hostileService(t *testing.T, ids ...string) *httptest.Server {
	t.Helper()
	type thing map[string]any
	var reports, saves []thing
	reports = append(reports, thing{"id": 1, "name": "ids"})
	for i, name := range hostile {
		reports = append(reports, thing{"id": i + 2, "name": name})
	}
	for i, id := range ids {
		saves = append(saves, thing{"id": id, "name": hostile[i], "chunksCount": 1})
	}
	send := func(w http.ResponseWriter, v any) {
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch path := r.URL.EscapedPath(); {
		case strings.HasSuffix(path, "/report/list") && !strings.Contains(string(body), `"offset":0`):
			send(w, thing{"result": "success", "reports": []thing{}})
		case strings.HasSuffix(path, "/report/list"):
			send(w, thing{"result": "success", "reports": reports})
		case strings.HasSuffix(path, "/report/1/save/list"):
			send(w, thing{"result": "success", "saves": saves})
		case strings.HasSuffix(path, "/save/list"):
			send(w, thing{"result": "success", "saves": []thing{{"id": 7, "name": "../x", "chunksCount": 1}}})
		case regexp.MustCompile(`^/rest/report/\d+/save/[^/]+/data$`).MatchString(path):
			_, _ = io.WriteString(w, goodChunk)
		default:
			t.Errorf("an id led elsewhere: %s", path)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestHostileNamesStayBelowTheRoot(t *testing.T) {
	t.Parallel()
	s := hostileService(t, hostileIDs...)
	provider, _, _ := strings.Cut(only(s.URL), "export")
	for name, tt := range map[string]struct {
		config string
		shape  string // of the paths of files
		files  int
	}{
		"keys and names": {`
data "planfix_reports" "all" {}
export "planfix_report" "all" {
  for_each  = { for r in data.planfix_reports.all.reports : r.name => r.id if r.name != "ids" }
  report_id = each.value
  path      = "x/${each.key}/${version.name}/${version.id}.csv"
}`, `^x/[^/]+/[^/]+/7(\.csv|\.manifest\.json)$`, 2 * len(hostile)},
		"keys in default paths": {`
data "planfix_reports" "all" {}
export "planfix_report" "all" {
  for_each  = { for r in data.planfix_reports.all.reports : r.name => r.id if r.name != "ids" }
  report_id = each.value
}`, `^planfix_report\.all\.[^/]+/7(\.csv|\.manifest\.json)$`, 2 * len(hostile)},
		"ids": {`
export "planfix_report" "all" {
  report_id = "1"
  path      = "x/${version.id}/${version.name}.csv"
}`, `^x/[^/]+/[^/]+(\.csv|\.manifest\.json)$`, 2 * len(hostileIDs)},
		"ids in default paths": {`
export "planfix_report" "all" {
  report_id = "1"
}`, `^planfix_report\.all/[^/]+(\.csv|\.manifest\.json)$`, 2 * len(hostileIDs)},
		"names in functions": {`
export "planfix_report" "all" {
  report_id = "1"
  path      = join("/", ["x", version.id, "${lower(version.name)}.csv"])
}`, `^x/[^/]+/[^/]+(\.csv|\.manifest\.json)$`, 2 * len(hostileIDs)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := t.TempDir()
			dir := filepath.Join(outer, "a", "b", "c", "d", "e")
			mkdir(t, dir)
			write(t, dir, "main.hcl", provider+tt.config)
			for _, args := range [][]string{{"plan"}, {"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"verify"}, {"versions"}, {"show"}} {
				code, out, errs := call(t, dir, args...)
				if code != 0 {
					t.Fatalf("%s: status %d\n%s%s", args, code, out, errs)
				}
				if strings.ContainsFunc(out+errs, func(r rune) bool {
					return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
				}) {
					t.Errorf("%s: names reach the terminal as they are: %q", args, out+errs)
				}
			}
			shape, seen := regexp.MustCompile(tt.shape), map[string]bool{}
			for p := range tree(t, outer) {
				rel, err := filepath.Rel(dir, p)
				if err != nil {
					t.Fatal(err)
				}
				if rel == "main.hcl" || strings.HasPrefix(rel, ".reportsync/") {
					continue
				}
				rel, inside := strings.CutPrefix(rel, "exports/")
				if !inside || !shape.MatchString(rel) {
					t.Errorf("%q was written", rel)
				}
				if folded := strings.ToLower(rel); seen[folded] {
					t.Errorf("%q has the name of another file where case does not count", rel)
				} else {
					seen[folded] = true
				}
				for seg := range strings.SplitSeq(rel, "/") {
					if len(seg) > 255 || devices.MatchString(seg) || strings.ContainsFunc(seg, func(r rune) bool {
						return unicode.In(r, unicode.Cc, unicode.Cf) || strings.ContainsRune(`\<>:"|?*`, r)
					}) || strings.TrimRight(seg, ". ") != seg {
						t.Errorf("%q is no name everywhere", seg)
					}
				}
			}
			if len(seen) != tt.files {
				t.Errorf("%d files, want %d", len(seen), tt.files)
			}
		})
	}
}

// Ids that cannot be told apart as names are refused before anything is written.
func TestHostileIDsThatAreAlike(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]string{{"a/b", `a\b`}, {"Key", "key"}, {"..", "."}, {" ", "\u200b"}} {
		s := hostileService(t, ids...)
		dir := t.TempDir()
		write(t, dir, "main.hcl", only(s.URL))
		before := tree(t, dir)
		code, out, errs := call(t, dir, "plan")
		if code != 1 {
			t.Errorf("%q: status %d\n%s", ids, code, out)
		}
		mentions(t, errs, "share one path")
		if code, out, _ := call(t, dir, "apply", "-auto-approve"); code != 1 {
			t.Errorf("%q: status %d\n%s", ids, code, out)
		}
		same(t, before, tree(t, dir))
	}
}
