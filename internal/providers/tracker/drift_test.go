package tracker

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	const sent = `{"summary":"Backlog [rs:12345678]","parameters":{"type":"issueFilterExport","format":"csv","filter":{"query":"Queue: A  Status: B",` +
		`"sorts":[{"orderBy":"updated","orderAsc":false}]},"fields":["key","status"]}}`
	const params = `{"type":"issueFilterExport","format":"csv","filter":{"query":"Queue: A  Status: B","sorts":[{"orderBy":"updated","orderAsc":false}]},"fields":["key","status"],"more":1}`
	cases := []struct {
		name, fields        string
		differs, doubts, no int
	}{
		{"the same", `{"summary":"Backlog [rs:12345678]","parameters":` + params + `}`, 0, 0, 0},
		{"objects in place of keys", `{"summary":" Backlog [rs:12345678] ","parameters":` + strings.Replace(params, `["key","status"]`,
			`[{"self":"x","id":"key","display":"Ключ"},{"self":"x","id":"status","display":"Статус"}]`, 1) + `}`, 0, 0, 0},
		{"nothing is shown", `null`, 0, 0, 2},
		{"no name", `{"parameters":` + params + `}`, 0, 0, 1},
		{"no parameters", `{"summary":"Backlog [rs:12345678]","parameters":null}`, 0, 0, 1},
		{"one is not shown", `{"summary":"Backlog [rs:12345678]","parameters":` + strings.Replace(params, `"fields":["key","status"],`, "", 1) + `}`, 0, 0, 1},
		{"another name", `{"summary":"Other","parameters":` + params + `}`, 1, 0, 0},
		{"another order of columns", `{"summary":"Backlog [rs:12345678]","parameters":` + strings.Replace(params, `"key","status"`, `"status","key"`, 1) + `}`, 1, 0, 0},
		{"another format and order", `{"summary":"Backlog [rs:12345678]","parameters":` + strings.NewReplacer(`"csv"`, `"xml"`, "false", "true").Replace(params) + `}`, 2, 0, 0},
		{"white space in the query", `{"summary":"Backlog [rs:12345678]","parameters":` + strings.Replace(params, "A  Status", "A Status", 1) + `}`, 0, 1, 0},
		{"another query", `{"summary":"Backlog [rs:12345678]","parameters":` + strings.Replace(params, "A  Status", "C  Status", 1) + `}`, 1, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var e entity
			if err := json.Unmarshal([]byte(`{"id":"1","fields":`+c.fields+`}`), &e); err != nil {
				t.Fatal(err)
			}
			d := compare(sent, &e)
			if len(d.differences) != c.differs || len(d.doubts) != c.doubts || len(d.unreadable) != c.no {
				t.Errorf("%+v", d)
			}
		})
	}
}

func TestFilterNumbersAreEqualAsText(t *testing.T) {
	t.Parallel()
	var e entity
	if err := json.Unmarshal([]byte(`{"fields":{"summary":"a","parameters":{"filter":{"filterId":"101"}}}}`), &e); err != nil {
		t.Fatal(err)
	}
	if d := compare(`{"summary":"a","parameters":{"filter":{"filterId":101}}}`, &e); len(d.differences) > 0 {
		t.Errorf("%+v", d)
	}
}
