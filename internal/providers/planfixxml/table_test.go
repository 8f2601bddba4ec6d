package planfixxml

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const item = `<task><id>1</id><title>a &amp; b</title><description>&lt;p&gt;x&lt;/p&gt;</description>
 <owner><id>9230</id><name>Ann</name></owner><client><id>0</id><name></name></client><beginDateTime>03-02-2025 17:09</beginDateTime>
 <startTime>03-02-2025</startTime><customData>
  <customValue><field><id>72</id><name>Output, min</name></field><value>548</value><text>548 min</text></customValue>
  <customValue><field><id>34</id><name>v1.2</name></field><value/><text/></customValue>
  <customValue><field><id>35</id><name>v1.2</name></field><value>twin</value><text/></customValue></customData>
 <workers><users><user><id>1</id><name>Ann</name></user><user><id>2</id><name>Bob</name></user></users><groups/></workers></task>`

func cellsOf(t *testing.T, tab *table, xml string) map[string]string {
	t.Helper()
	p, err := parsePage([]byte(`<response status="ok"><tasks>`+xml+`</tasks></response>`), "tasks", "")
	if err != nil {
		t.Fatal(err)
	}
	cells := tab.row(p.items[0])
	out := map[string]string{}
	for i, c := range tab.columns.Columns() {
		out[c.Name] = string(cells[i])
	}
	return out
}

func TestColumns(t *testing.T) {
	t.Parallel()
	moscow := time.FixedZone("", 3*60*60)
	cases := []struct {
		name  string
		table *table
		xml   string
		want  map[string]string
	}{
		{"all leaves", newTable(nil, false, nil), item, map[string]string{
			"id": "1", "title": "a & b", "description": "<p>x</p>", "owner.id": "9230", "owner.name": "Ann", "client.id": "0", "client.name": "",
			"beginDateTime": "03-02-2025 17:09", "startTime": "03-02-2025", "customData.Output, min": "548", "customData.v1.2": "",
			"customData.v1.2 [35]": "twin", "workers.users.user.id": "1; 2", "workers.users.user.name": "Ann; Bob",
		}},
		{
			"what was asked for", newTable([]string{
				"title", "owner.name", "customData.Output, min", "customData.Output, min.text", "customData.v1.2", "customData.72.id",
				"workers.users.user.name", "nothing.here",
			}, false, nil), item,
			map[string]string{
				"title": "a & b", "owner.name": "Ann", "customData.Output, min": "548", "customData.Output, min.text": "548 min",
				"customData.v1.2": "; twin", "customData.72.id": "", "workers.users.user.name": "Ann; Bob", "nothing.here": "",
			},
		},
		{"by the id of a field", newTable([]string{"customData.72", "customData.72.id"}, false, nil), item, map[string]string{"customData.72": "548", "customData.72.id": "72"}},
		{"a whole element", newTable([]string{"owner"}, false, nil), item, map[string]string{"owner": "9230; Ann"}},
		{"text instead of value", newTable([]string{"customData.Output, min"}, true, nil), item, map[string]string{"customData.Output, min": "548 min"}},
		{"time zone", newTable([]string{"beginDateTime", "startTime", "title"}, false, moscow), item, map[string]string{
			"beginDateTime": "2025-02-03T17:09:00+03:00", "startTime": "2025-02-03", "title": "a & b",
		}},
		{
			"analytics", newTable(nil, false, nil),
			`<analiticData><key>7</key><itemData><id>741</id><name>Kind</name><value>Dev</value><valueId>725</valueId></itemData>` +
				`<itemData><id>743</id><name>Date</name><value>13-02-2025</value><valueId/></itemData></analiticData>`,
			map[string]string{"key": "7", "itemData.Kind": "Dev", "itemData.Kind.valueId": "725", "itemData.Date": "13-02-2025"},
		},
		{
			"attributes", newTable(nil, false, nil),
			`<record n="1"><key>7</key><value value="Paris" name="City" isDisplayed="1"/><x y="z">w</x></record>`,
			map[string]string{"@n": "1", "key": "7", "value.City": "Paris", "x.@y": "z", "x": "w"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the same item gives the same cells again
				if diff := cmp.Diff(c.want, cellsOf(t, c.table, c.xml)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestColumnsAppearInOrder(t *testing.T) {
	t.Parallel()
	tab := newTable(nil, false, nil)
	cellsOf(t, tab, `<task><id>1</id><a>x</a></task>`)
	got := cellsOf(t, tab, `<task><b>y</b><id>2</id></task>`)
	if diff := cmp.Diff(map[string]string{"id": "2", "a": "", "b": "y"}, got); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, c := range tab.columns.Columns() {
		names = append(names, c.Name)
	}
	if strings.Join(names, " ") != "id a b" {
		t.Errorf("columns %v", names)
	}
}

func TestFieldsThatNobodyHas(t *testing.T) {
	t.Parallel()
	s := newService(t, says(`<users totalCount="1" count="1"><user><id>1</id></user></users>`))
	tg := of("user.getList")
	tg.Args["fields"] = list("id", "titel")
	g, err := readAll(t, account(t, s, nil), tg)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.warned) != 1 || !strings.Contains(g.warned[0], "titel") {
		t.Errorf("warnings %q", g.warned)
	}
}
