package planfixxml

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

func list(texts ...string) cty.Value {
	var out []cty.Value
	for _, s := range texts {
		out = append(out, str(s))
	}
	return cty.ListVal(out)
}

func numbers(n int) cty.Value {
	var texts []string
	for i := range n {
		texts = append(texts, strconv.Itoa(i+1))
	}
	return list(texts...)
}

func object(pairs ...any) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			m[pairs[i].(string)] = str(v)
		case cty.Value:
			m[pairs[i].(string)] = v
		}
	}
	return cty.ObjectVal(m)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	unknown := cty.UnknownVal(cty.String)
	cases := []struct {
		name string
		args map[string]cty.Value
		want string // "" for no problem
	}{
		{"tasks", map[string]cty.Value{"method": str("task.getList")}, ""},
		{"not known yet", map[string]cty.Value{"method": unknown}, ""},
		{"case", map[string]cty.Value{"method": str("task.getlist")}, `Did you mean "task.getList"`},
		{"no method", map[string]cty.Value{"method": str("tasks")}, "must be the name of a method"},
		{"unknown method", map[string]cty.Value{"method": str("invoice.getList")}, "list_element"},
		{"unknown method with elements", map[string]cty.Value{"method": str("invoice.getList"), "list_element": str("invoices"), "item_element": str("invoice")}, ""},
		{"elements not known yet", map[string]cty.Value{"method": str("invoice.getList"), "list_element": unknown, "item_element": unknown}, ""},
		{"bad element", map[string]cty.Value{"method": str("invoice.getList"), "list_element": str("a b"), "item_element": str("invoice")}, "list_element"},
		{"elements of a known method", map[string]cty.Value{"method": str("task.getList"), "item_element": str("task")}, "remove item_element"},
		{"params are no object", map[string]cty.Value{"method": str("task.getList"), "params": str("x")}, "must be an object"},
		{"filled in", map[string]cty.Value{"method": str("task.getList"), "params": object("pageSize", "5")}, "params.pageSize is filled in"},
		{"bad name", map[string]cty.Value{"method": str("task.getList"), "params": object("a b", "5")}, `"a b" cannot be the name`},
		{"control character", map[string]cty.Value{"method": str("task.getList"), "params": object("search", "a\x00b")}, "cannot carry"},
		{"list in a list", map[string]cty.Value{"method": str("task.getList"), "params": object("a", cty.TupleVal([]cty.Value{list("x")}))}, "list within a list"},
		{"missing", map[string]cty.Value{"method": str("handbook.getRecords")}, "needs params.handbook.id"},
		{"given", map[string]cty.Value{"method": str("handbook.getRecords"), "params": object("handbook", object("id", "131"))}, ""},
		{"given later", map[string]cty.Value{"method": str("handbook.getRecords"), "params": object("handbook", object("id", unknown))}, ""},
		{"two of one", map[string]cty.Value{"method": str("action.getList"), "params": object("task", object("id", "1", "general", "2"))}, "exactly one"},
		{"a hundred", map[string]cty.Value{"method": str("task.getMulti"), "params": object("tasks", object("id", numbers(100)))}, ""},
		{"one", map[string]cty.Value{"method": str("task.getMulti"), "params": object("tasks", object("id", "1"))}, ""},
		{"too many", map[string]cty.Value{"method": str("task.getMulti"), "params": object("tasks", object("id", numbers(101)))}, "params.tasks.id has 101 values"},
		{"none", map[string]cty.Value{"method": str("task.getMulti")}, "needs params.tasks.id"},
		{"field twice", map[string]cty.Value{"method": str("task.getList"), "fields": list("id", "id")}, "there twice"},
		{"field is no path", map[string]cty.Value{"method": str("task.getList"), "fields": list("owner.")}, "not a path"},
		{"no fields", map[string]cty.Value{"method": str("task.getList"), "fields": cty.ListValEmpty(cty.String)}, "is empty"},
		{"no changes", map[string]cty.Value{"method": str("user.getList"), "sync": str("incremental")}, "cannot be asked for changes"},
		{"key is missing", map[string]cty.Value{"method": str("task.getList"), "sync": str("incremental"), "fields": list("title")}, `by "id"`},
		{"date field", map[string]cty.Value{"method": str("analitic.getDataByCondition"), "sync": str("incremental"), "params": object("analitic", object("id", "1"))}, "date_field"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := validate(target(c.args))
			var texts []string
			for _, p := range got {
				texts = append(texts, p.Detail)
			}
			all := strings.Join(texts, "\n")
			if (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
				t.Errorf("got %q, want %q", all, c.want)
			}
		})
	}
	if p := validate(providers.Target{Args: of("task.getList").Args, Cut: &export.Cut{}}); len(p) != 1 || !strings.Contains(p[0].Summary, "Period") {
		t.Errorf("a period block: %v", p)
	}
}

func TestConfigureRefuses(t *testing.T) {
	t.Parallel()
	none := cty.NullVal(cty.String)
	cases := map[string]struct {
		args map[string]cty.Value
		want string
	}{
		"no address":    {map[string]cty.Value{"base_url": none}, "api-sg.planfix.com"},
		"plain http":    {map[string]cty.Value{"base_url": str("http://api.planfix.com/xml/")}, "base_url"},
		"account":       {map[string]cty.Value{"account": str("acme.planfix.ru")}, "name alone"},
		"no key":        {map[string]cty.Value{"api_key": none}, "PLANFIX_XML_API_KEY"},
		"no way in":     {map[string]cty.Value{"token": none, "login": str("x")}, "login and password"},
		"two ways in":   {map[string]cty.Value{"login": str("x"), "password": str("y")}, "both token and login"},
		"time zone":     {map[string]cty.Value{"timezone": str("Mars/Base")}, "Mars/Base"},
		"quota":         {map[string]cty.Value{"daily_quota": cty.NumberIntVal(-1)}, "daily_quota"},
		"key and token": {map[string]cty.Value{"api_key": str("a:b")}, "colon"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := schema.Values{}
			for _, a := range Type().Schema.Body.Attributes {
				args[a.Name] = a.Default
			}
			args["base_url"], args["account"], args["api_key"], args["token"] = str("https://api.planfix.com/xml/"), str("acme"), str(testKey), str(testToken)
			for k, v := range c.args {
				args[k] = v
			}
			_, err := Type().Configure(providers.ConfigureRequest{Args: args})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A base that was read while the clock was ahead says nothing about when that was.
func TestNoChangesSinceTheFuture(t *testing.T) {
	t.Parallel()
	p := &provider{clock: clock.Wall{}}
	tg := target(map[string]cty.Value{"method": str("task.getList"), "sync": str("incremental")})
	m := methodOf(tg.Args)
	for at, want := range map[time.Time]bool{p.clock.Now().Add(-time.Hour): true, p.clock.Now().AddDate(4, 0, 0): false} {
		tg.Base = &export.KnownVersion{
			Version:   export.Version{ID: "b", CreatedAt: at, Meta: map[string]string{metaFull: at.Format(time.RFC3339)}},
			Artifacts: []export.Artifact{{Columns: []export.Column{{Name: m.Key}}}},
		}
		if span := p.since(&m, tg, export.Version{ID: "v", CreatedAt: at.Add(time.Second)}); (span != nil) != want {
			t.Errorf("%s: changes only is %t", at, span != nil)
		}
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	p := &provider{clock: clock.Wall{}}
	base := &export.KnownVersion{Version: export.Version{CreatedAt: noon.Add(-48 * time.Hour), Meta: map[string]string{
		metaFull: noon.Add(-72 * time.Hour).Format(time.RFC3339), metaZone: "", metaNewer: "27-02-2026 10:00",
	}}, Artifacts: []export.Artifact{{Columns: []export.Column{{Name: "id"}, {Name: "key"}}}}}
	cases := []struct {
		name   string
		target providers.Target
		base   bool
		want   string
	}{
		{
			"values", target(map[string]cty.Value{"method": str("user.getList"), "params": object(
				"onlyOnline", cty.True, "n", cty.NumberIntVal(7), "f", cty.NumberFloatVal(0.5), "search", "a<b>&\"c\"", "null", cty.NullVal(cty.String),
				"filters", object("filter", cty.TupleVal([]cty.Value{object("type", "1"), object("type", "2")})))}), false,
			`<f>0.5</f><filters><filter><type>1</type></filter><filter><type>2</type></filter></filters><n>7</n><onlyOnline>1</onlyOnline>` +
				`<search>a&lt;b&gt;&amp;&#34;c&#34;</search><sortType>NAME_ASC</sortType>`,
		},
		{"own order", target(map[string]cty.Value{"method": str("task.getList"), "params": object("sort", "NUMBER_DESC")}), false, `<sort>NUMBER_DESC</sort>`},
		{
			"changed tasks", target(map[string]cty.Value{"method": str("task.getList"), "sync": str("incremental"), "change_filter": str("79")}), true,
			`<sort>NUMBER_ASC</sort><filters><filter><type>79</type><operator>equal</operator><value><datetype>anotherperiod</datetype>` +
				`<datefrom>25-02-2026</datefrom><dateto>03-03-2026</dateto></value></filter></filters>`,
		},
		{
			"changed tasks beside a filter", target(map[string]cty.Value{
				"method": str("task.getList"), "sync": str("incremental"), "overlap": str("0s"),
				"params": object("filters", object("filter", object("type", "1"))),
			}), true,
			`<filters><filter><type>1</type></filter><filter><type>38</type><operator>equal</operator><value><datetype>anotherperiod</datetype>` +
				`<datefrom>26-02-2026</datefrom><dateto>03-03-2026</dateto></value></filter></filters><sort>NUMBER_ASC</sort>`,
		},
		{
			"all comments", target(map[string]cty.Value{"method": str("action.getListByPeriod"), "sync": str("incremental"), "params": object("fromDate", "01-01-2025")}), false,
			`<fromDate>01-01-2025</fromDate><sort>asc</sort><toDate>03-03-2026 12:00</toDate>`,
		},
		{
			"new comments", target(map[string]cty.Value{"method": str("action.getListByPeriod"), "sync": str("incremental"), "params": object("fromDate", "01-01-2025")}), true,
			`<sort>asc</sort><fromDate>27-02-2026 09:59</fromDate><toDate>03-03-2026 12:00</toDate>`,
		},
		{
			"new analytics", target(map[string]cty.Value{
				"method": str("analitic.getDataByCondition"), "sync": str("incremental"), "date_field": str("743"),
				"params": object("analitic", object("id", "263")),
			}), true,
			`<analitic><id>263</id></analitic><filters><filter><field>743</field><fromDate>19-02-2026</fromDate><toDate>03-03-2027</toDate></filter></filters>`,
		},
		{"full is due", target(map[string]cty.Value{"method": str("task.getList"), "sync": str("incremental"), "full_every": str("3d")}), true, `<sort>NUMBER_ASC</sort>`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.base {
				c.target.Base = base
			}
			m := methodOf(c.target.Args)
			span := p.since(&m, c.target, reading())
			_, got, _ := strings.Cut(string(document("x", asked(&m, c.target, reading(), span))), `<request method="x">`)
			if diff := cmp.Diff(c.want+"</request>", got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
