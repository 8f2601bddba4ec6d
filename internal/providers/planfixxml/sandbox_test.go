package planfixxml

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/sandbox"
	simulated "reportsync/internal/sandbox/planfixxml"
)

// Every method that the simulator has is read whole by its name.
func TestMethodsInSandbox(t *testing.T) {
	t.Parallel()
	params := map[string]cty.Value{
		"task.getMulti":              object("tasks", object("id", list("1128000", "1128007"))),
		"action.getList":             object("task", object("general", "525000")),
		"action.getListByPeriod":     object("toDate", "01-01-2050"),
		"action.getListWithAnalitic": object("analitic", object("id", "263")),
		"analitic.getOptions":        object("analitic", object("id", "263")),
		"analitic.getData":           object("analiticKeys", object("key", list("874000", "1"))),
		"analitic.getDataByCondition": object("analitic", object("id", "264"), "filters", object("filter", object(
			"field", "743", "fromDate", "01-01-2020", "toDate", "01-01-2050"))),
		"analitic.getHandbook":    object("handbook", object("id", "131")),
		"handbook.getStructure":   object("handbook", object("id", "131")),
		"handbook.getRecords":     object("handbook", object("id", "131")),
		"taskStatus.getListOfSet": object("taskStatusSet", object("id", "2")),
		"file.getListForTask":     object("task", object("id", "1128000")),
	}
	rows := map[string]int{
		"task.getList": 550, "task.getMulti": 2, "contact.getList": 130, "user.getList": 5, "project.getList": 3, "userGroup.getList": 2,
		"action.getList": 1, "action.getListByPeriod": 361, "action.getListWithAnalitic": 121, "analitic.getList": 2, "analitic.getGroupList": 1,
		"analitic.getOptions": 4, "analitic.getData": 1, "analitic.getDataByCondition": 100, "analitic.getHandbook": 9, "handbook.getList": 2,
		"handbook.getGroupList": 1, "handbook.getStructure": 1, "handbook.getRecords": 9, "taskStatus.getSetList": 1, "taskStatus.getListOfSet": 5,
		"task.getFilterList": 2, "contact.getFilterList": 1, "file.getListForTask": 3,
	}
	p, s, _ := inSandbox(t, "", sandbox.Options{PlanfixXML: simulated.Options{Still: true}}, nil)
	for method, n := range rows {
		tg := of(method)
		if v, ok := params[method]; ok {
			tg.Args["params"] = v
		}
		if found := validate(tg); len(found) > 0 {
			t.Errorf("%s: %v", method, found)
		}
		g, err := readAll(t, p, tg)
		if err != nil {
			t.Errorf("%s: %v", method, err)
		} else if len(g.rows) != n {
			t.Errorf("%s: %d rows, want %d", method, len(g.rows), n)
		}
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if n := stats.Services["planfix_xml"].Refusals; len(n) > 0 {
		t.Errorf("refused: %v", n)
	}
}

func TestFaultsInSandbox(t *testing.T) {
	t.Parallel()
	cases := []struct {
		faults string
		rows   int
		err    string
	}{
		{"xml-3014:task.getList:1,hollow-list:task.getList:3-3,502-html:task.getList:5-5", 550, ""},
		{"xml-0011:task.getList:1", 550, ""},
		{"xml-0007:task.getList:2-2", 550, ""},
		{"xml-0007:task.getList:3-", 0, "used up"},
		{"cut-xml:task.getList:2-2", 550, ""},
		{"truncate:task.getList:3-3", 550, ""},
		{"reset:task.getList:4-4", 550, ""},
		{"hollow-list:task.getList:2-", 0, "should have 550"},
		{"windows-1251:task.getList:2-2", 0, "windows-1251"},
		{"entity-bomb:task.getList:2-2", 0, "at byte"},
		{"control-character:task.getList:2-2", 0, "at byte"},
		{"xml-10001:task.getList:1", 0, "10001"},
		{"task-appears:task.getList:3-3", 551, ""},
		{"task-vanishes:task.getList:3-3", 550, ""}, // it was on a page that was read already
		{"task-appears:task.getList:2-2,task-vanishes:task.getList:3-3", 551, ""},
	}
	for _, c := range cases {
		t.Run(c.faults, func(t *testing.T) {
			t.Parallel()
			p, _, _ := inSandbox(t, c.faults, sandbox.Options{PlanfixXML: simulated.Options{Still: true}}, nil)
			g, err := readAll(t, p, of("task.getList"))
			switch {
			case c.err != "":
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
			case err != nil:
				t.Error(err)
			case len(g.rows) != c.rows:
				t.Errorf("%d rows, want %d", len(g.rows), c.rows)
			}
		})
	}
}

func TestSessionInSandbox(t *testing.T) {
	t.Parallel()
	null := cty.NullVal(cty.String)
	p, s, _ := inSandbox(t, "", sandbox.Options{PlanfixXML: simulated.Options{Still: true, Set: map[string]string{"session-calls": "2"}}},
		map[string]cty.Value{"token": null, "login": str("robot"), "password": str("sandbox-xml-password")})
	g, err := readAll(t, p, of("task.getList"))
	if err != nil || len(g.rows) != 550 {
		t.Fatalf("%v", err)
	}
	stats, err := s.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if n := stats.Services["planfix_xml"]; n.Requests["auth.login"] != 3 || n.Refusals["0005"] != 2 {
		t.Errorf("%+v", n)
	}
}

func TestExamine(t *testing.T) {
	t.Parallel()
	p, _, _ := inSandbox(t, "", sandbox.Options{}, nil)
	if found, err := p.Examine(t.Context()); err != nil || len(found) != 2 || found[1] != "5 users" {
		t.Errorf("%q, %v", found, err)
	}
	p, _, _ = inSandbox(t, "", sandbox.Options{}, map[string]cty.Value{"token": str("sandbox-xml-narrow")})
	if found, err := p.Examine(t.Context()); err != nil || !strings.Contains(found[0], "may not use") {
		t.Errorf("a token that may do little: %q, %v", found, err)
	}
}
