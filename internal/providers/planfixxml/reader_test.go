package planfixxml

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// tasks is a page with the tasks from the first id to the last.
func tasks(total, from, to int) answer {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "<task><id>%d</id></task>", i)
	}
	return says(fmt.Sprintf(`<tasks totalCount="%d" count="%d">%s</tasks>`, total, to-from+1, b.String()))
}

// entries is a page of analytics, which tell no total.
func entries(from, to int) answer {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "<analiticData><key>%d</key></analiticData>", i)
	}
	return says("<analiticDatas>" + b.String() + "</analiticDatas>")
}

// asked are the pages that were asked for.
func pagesOf(s *service) string {
	var out []string
	for _, r := range s.requests() {
		_, rest, ok := strings.Cut(r, "<pageCurrent>")
		if !ok {
			out = append(out, "-")
			continue
		}
		n, _, _ := strings.Cut(rest, "<")
		out = append(out, n)
	}
	return strings.Join(out, " ")
}

func ids(from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func TestListsArriveWhole(t *testing.T) {
	t.Parallel()
	const analytics = "analitic.getDataByCondition"
	hollow := says(`<tasks totalCount="250" count="100"></tasks>`)
	cases := []struct {
		name    string
		method  string
		answers []answer
		pages   string
		rows    []string
		err     string
	}{
		{"three pages", "task.getList", []answer{tasks(250, 1, 100), tasks(250, 101, 200), tasks(250, 201, 250)}, "1 2 3", ids(1, 250), ""},
		{"a full last page", "task.getList", []answer{tasks(200, 1, 100), tasks(200, 101, 200)}, "1 2", ids(1, 200), ""},
		{"nothing", "task.getList", []answer{says(`<tasks totalCount="0" count="0"/>`)}, "1", nil, ""},
		{"one", "task.getList", []answer{tasks(1, 5, 5)}, "1", []string{"5"}, ""},
		{"a hollow page", "task.getList", []answer{tasks(250, 1, 100), hollow, hollow, tasks(250, 101, 200), tasks(250, 201, 250)}, "1 2 2 2 3", ids(1, 250), ""},
		{"hollow for good", "task.getList", []answer{tasks(250, 1, 100), hollow}, "1 2 2 2 2", nil, "page 2 has 0 items and the list should have 250"},
		{"it grows", "task.getList", []answer{tasks(199, 1, 100), tasks(201, 101, 200), tasks(201, 201, 201)}, "1 2 3", ids(1, 201), ""},
		// Task 7 is deleted after the first page: 101 moves onto it.
		{"it shrinks", "task.getList", []answer{tasks(250, 1, 100), tasks(249, 102, 201), tasks(249, 2, 101), tasks(249, 202, 250)}, "1 2 1 3", append(append(ids(1, 100), ids(102, 201)...), append([]string{"101"}, ids(202, 250)...)...), ""},
		// One is deleted and another one made: the total says nothing, a task is missing.
		{
			"it shifts unseen", "task.getList",
			[]answer{tasks(200, 1, 100), tasks(200, 102, 200), tasks(200, 102, 200), tasks(200, 1, 101), tasks(200, 102, 200)},
			"1 2 2 1 2",
			append(ids(1, 100), append(ids(102, 200), "101")...), "",
		},
		{"it never fits", "task.getList", []answer{tasks(200, 1, 100), tasks(200, 102, 200), tasks(200, 102, 200), tasks(200, 1, 100), tasks(200, 102, 200)}, "1 2 2 1 2", nil, "199 items arrived and the list has 200"},
		{"all twice", "task.getList", []answer{tasks(150, 1, 100), tasks(150, 51, 150)}, "1 2", ids(1, 150), ""},
		{"no total, a full page", analytics, []answer{entries(1, 100), says("<analiticDatas/>")}, "1 2", ids(1, 100), ""},
		{"no total, a short page", analytics, []answer{entries(1, 100), entries(101, 130)}, "1 2", ids(1, 130), ""},
		{"a page that repeats", analytics, []answer{entries(1, 100), entries(1, 100)}, "1 2", nil, "page 2 begins with the same item as page 1"},
		{"a page that comes back", analytics, []answer{entries(1, 100), entries(101, 200), entries(1, 100)}, "1 2 3", nil, "page 3 begins with the same item as page 1"},
		{"at once", "handbook.getList", []answer{says(`<handbooks totalCount="2" count="2"><handbook><id>1</id></handbook><handbook><id>2</id></handbook></handbooks>`)}, "-", ids(1, 2), ""},
		{"at once, not all", "handbook.getList", []answer{says(`<handbooks totalCount="2" count="1"><handbook><id>1</id></handbook></handbooks>`)}, "- - - -", nil, "has 1 items and the list should have 2"},
		{"whatever the list is called", "analitic.getGroupList", []answer{says(`<x totalCount="1"><y><id>1</id></y></x>`)}, "-", ids(1, 1), ""},
		{"busy, then not", "task.getList", []answer{refuses("3014", ""), refuses("0011", ""), tasks(1, 1, 1)}, "1 1 1", ids(1, 1), ""},
		{"quota once", "task.getList", []answer{refuses("0007", ""), tasks(1, 1, 1)}, "1 1", ids(1, 1), ""},
		{"quota twice", "task.getList", []answer{refuses("0007", "")}, "1 1", nil, "requests for today are used up"},
		{"gateway", "task.getList", []answer{status(502, "text/html", "<html>"), tasks(1, 1, 1)}, "1 1", ids(1, 1), ""},
		{"cut short", "task.getList", []answer{status(200, "application/xml", `<response status="ok"><tasks totalCount="1"><task><id>1`), tasks(1, 1, 1)}, "1 1", ids(1, 1), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, c.answers...)
			g, err := readAll(t, account(t, s, nil), of(c.method))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
			} else if err != nil {
				t.Error(err)
			} else if diff := cmp.Diff(c.rows, g.rows); diff != "" {
				t.Error(diff)
			}
			if got := pagesOf(s); got != c.pages {
				t.Errorf("pages %s, want %s", got, c.pages)
			}
		})
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	record := func(key string, group int) string {
		return fmt.Sprintf("<record><key>%s</key><isGroup>%d</isGroup></record>", key, group)
	}
	level := func(records ...string) answer { return says("<records>" + strings.Join(records, "") + "</records>") }
	var full []string
	for i := range 100 {
		full = append(full, record(fmt.Sprintf("c%02d", i), 0))
	}
	s := newService(t, level(record("a", 1), record("b", 0)), level(full...), level(record("d", 1)), level(record("a", 1), record("e", 0)))
	tg := of("handbook.getRecords")
	g, err := readAll(t, account(t, s, nil), tg)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.requests() {
		_, r, _ = strings.Cut(r, "</account>")
		got = append(got, strings.TrimSuffix(r, "<pageSize>100</pageSize></request>"))
	}
	want := []string{
		"<pageCurrent>1</pageCurrent>", "<parentKey>a</parentKey><pageCurrent>1</pageCurrent>",
		"<parentKey>a</parentKey><pageCurrent>2</pageCurrent>", "<parentKey>d</parentKey><pageCurrent>1</pageCurrent>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(g.rows) != 104 { // a, b, 100 below a, d, e; the circle back to a is left out
		t.Errorf("%d rows", len(g.rows))
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	null := cty.NullVal(cty.String)
	robot := map[string]cty.Value{"token": null, "login": str("robot"), "password": str("secret & more")}
	login := func(sid string) answer { return says("<sid>" + sid + "</sid>") }
	cases := []struct {
		name    string
		answers []answer
		methods string
		err     string
	}{
		{"one login for all", []answer{login("s1"), tasks(101, 1, 100), tasks(101, 101, 101)}, "login s1 s1", ""},
		{"renewed", []answer{login("s1"), tasks(101, 1, 100), refuses("0005", ""), login("s2"), tasks(101, 101, 101)}, "login s1 s1 login s2", ""},
		{"renewed once only", []answer{login("s1"), refuses("0005", ""), login("s2"), refuses("0005", "s2 is over")}, "login s1 login s2", "(hidden) is over"},
		{"refused", []answer{refuses("1001", "")}, "login", "login or password is wrong"},
		{"no session", []answer{says("")}, "login", "no session"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, c.answers...)
			_, err := readAll(t, account(t, s, robot), of("task.getList"))
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			var got []string
			for _, r := range s.requests() {
				what := "login"
				if _, rest, ok := strings.Cut(r, "<sid>"); ok {
					what, _, _ = strings.Cut(rest, "<")
				} else if !strings.Contains(r, "<login>robot</login><password>secret &amp; more</password>") {
					what = r
				}
				got = append(got, what)
			}
			if strings.Join(got, " ") != c.methods {
				t.Errorf("requests %v, want %s", got, c.methods)
			}
		})
	}
}

func TestAccountLivesElsewhere(t *testing.T) {
	t.Parallel()
	_, err := readAll(t, account(t, newService(t, refuses("0024", "")), nil), of("task.getList"))
	hint := providers.HintOf(err)
	for _, host := range []string{"api.planfix.com", "api-sg.planfix.com", "api-us.planfix.com", "apiru.planfix.ru"} {
		if !strings.Contains(hint, host) {
			t.Errorf("%s is not named: %q", host, hint)
		}
	}
}

// kept makes parts of what was read of a list before.
func kept(bodies ...[]byte) []export.KeptPart {
	var out []export.KeptPart
	for i, b := range bodies {
		out = append(out, export.KeptPart{Index: i, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }})
	}
	return out
}

func TestGoesOnWithWhatWasKept(t *testing.T) {
	t.Parallel()
	s := newService(t, tasks(250, 1, 100), tasks(250, 101, 200), refuses("0007", ""))
	p := account(t, s, nil)
	g, err := readAll(t, p, of("task.getList"))
	if providers.KindOf(err) != providers.Quota || g.parts != 2 {
		t.Fatalf("%d parts, %v", g.parts, err)
	}
	tg := of("task.getList")
	tg.Kept = kept(g.bodies...)
	cases := []struct {
		name    string
		answers []answer
		pages   string
		parts   int
		rows    []string
	}{
		{"nothing has changed", []answer{tasks(250, 101, 200), tasks(250, 201, 250)}, "2 3", 3, ids(1, 250)},
		{"it has grown", []answer{tasks(251, 101, 200), tasks(251, 201, 251)}, "2 3", 3, ids(1, 251)},
		{"it has shifted", []answer{tasks(249, 102, 201), tasks(249, 2, 101), tasks(249, 102, 201), tasks(249, 202, 250)}, "2 1 2 3", 3, ids(2, 250)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, c.answers...)
			g, err := readAll(t, account(t, s, nil), tg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.rows, g.rows); diff != "" {
				t.Error(diff)
			}
			if got := pagesOf(s); got != c.pages || g.parts != c.parts {
				t.Errorf("pages %s, %d parts", got, g.parts)
			}
			if over := c.name == "it has shifted"; over != slices.ContainsFunc(g.warned, func(w string) bool { return strings.Contains(w, "from the beginning") }) {
				t.Errorf("warnings %q", g.warned)
			}
		})
	}
}

func TestIncrement(t *testing.T) {
	t.Parallel()
	s := newService(t, tasks(2, 5, 6))
	p := account(t, s, nil)
	tg := target(map[string]cty.Value{"method": str("task.getList"), "sync": str("incremental")})
	first, err := readAll(t, p, tg)
	if err != nil || first.kinds[0] != export.PartRows {
		t.Fatalf("%v, %v", first, err)
	}
	tg.Base = &export.KnownVersion{Version: first.version, Artifacts: []export.Artifact{{Columns: []export.Column{{Name: "id"}}}}}
	second, err := readAll(t, p, tg)
	if err != nil || second.kinds[0] != export.PartChanges {
		t.Fatalf("%v, %v", second, err)
	}
	if diff := cmp.Diff(first.version.Meta, second.version.Meta); diff != "" {
		t.Errorf("when the whole list was read: %s", diff)
	}
	tg.Base.Artifacts[0].Columns = nil
	third, err := readAll(t, p, tg)
	if err != nil || third.kinds[0] != export.PartRows {
		t.Errorf("a base without keys: %v, %v", third, err)
	}
	if last := s.requests(); !strings.Contains(last[1], "<type>38</type>") || strings.Contains(last[2], "<type>38</type>") {
		t.Errorf("requests %q", last)
	}
}
