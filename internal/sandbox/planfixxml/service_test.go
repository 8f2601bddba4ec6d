package planfixxml

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/sandbox/sim"
	"reportsync/internal/sandbox/sim/simtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type office struct {
	*simtest.Served
	t testing.TB
}

func newOffice(t testing.TB, o Options) *office {
	t.Helper()
	s, _ := simtest.Serve(t, simtest.Still{}, "", Provider, func(env sim.Env) (*Service, error) { return New(env, o) })
	return &office{s, t}
}

func basic(user, password string) simtest.Change {
	return simtest.With("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// post sends a body as it is.
func (o *office) post(body string, changes ...simtest.Change) simtest.Answer {
	o.t.Helper()
	all := append([]simtest.Change{basic(apiKey, goodToken), simtest.With("Content-Type", "application/xml")}, changes...)
	a := o.Ask(http.MethodPost, basePath+"/", body, all...)
	o.Clock.Advance(time.Second)
	return a
}

// call calls a method of the account.
func (o *office) call(method, inside string, changes ...simtest.Change) simtest.Answer {
	o.t.Helper()
	return o.post(`<request method="`+method+`"><account>acme</account>`+inside+`</request>`, changes...)
}

// answer is what every answer has.
type answer struct {
	Status string `xml:"status,attr"`
	Code   string `xml:"code"`
	SID    string `xml:"sid"`
	Lists  []struct {
		XMLName xml.Name
		Total   string `xml:"totalCount,attr"`
		Count   string `xml:"count,attr"`
		Items   []struct {
			XMLName xml.Name
			ID      string `xml:"id"`
			Key     string `xml:"key"`
			Group   string `xml:"isGroup"`
			Title   string `xml:"title"`
		} `xml:",any"`
	} `xml:",any"`
}

func (o *office) read(a simtest.Answer) answer {
	o.t.Helper()
	var out answer
	if err := xml.Unmarshal([]byte(a.Raw), &out); err != nil || a.Status != http.StatusOK {
		o.t.Fatalf("%d %v: %s", a.Status, err, a.Raw)
	}
	return out
}

// shape is total, count and items of a list: 550/100/100.
func (o *office) shape(a simtest.Answer) string {
	o.t.Helper()
	got := o.read(a)
	if got.Status != "ok" || len(got.Lists) != 1 {
		o.t.Fatalf("%s", a.Raw)
	}
	l := got.Lists[0]
	return fmt.Sprintf("%s/%s/%d", l.Total, l.Count, len(l.Items))
}

func (o *office) refuses(a simtest.Answer, code string) {
	o.t.Helper()
	if got := o.read(a); got.Status != "error" || got.Code != code {
		o.t.Errorf("want %s: %s", code, a.Raw)
	}
}

func page(n int) string {
	return fmt.Sprintf("<pageCurrent>%d</pageCurrent><pageSize>100</pageSize>", n)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Still: true})
	tasks := page(1)
	o.refuses(o.call("task.getList", tasks, basic("nobody", goodToken)), "0001")
	o.refuses(o.call("task.getList", tasks, basic(apiKey, "X")), "0012")
	o.refuses(o.call("task.getList", "<sid>old</sid>"+tasks, basic(apiKey, "X")), "0005")
	o.refuses(o.call("user.getList", "", basic(apiKey, narrowToken)), "0020")
	o.refuses(o.post(`<request method="task.getList">`+tasks+`</request>`), "0009")
	o.refuses(o.post(`<request method="task.getList"><account>other</account></request>`), "0004")
	o.refuses(o.post(`<request method="task.getList"><account>a & b</account></request>`), "0003")
	o.refuses(o.post(`<!DOCTYPE x><request method="task.getList"><account>acme</account></request>`), "0003")
	o.refuses(o.post(`{}`), "0003")
	o.refuses(o.call("task.getList", tasks, simtest.With("Content-Type", "application/json")), "0003")
	o.refuses(o.call("report.getList", ""), "0008")
	o.refuses(o.call("task.getList", "<signature>x</signature>"), "0006")
	o.refuses(o.call("task.getList", "<fields><field>x</field></fields>"), "0015")
	o.refuses(o.call("task.getList", "<pageCurrent>one</pageCurrent>"), "0015")
	o.refuses(o.call("task.getList", "<pageCurrent>1</pageCurrent><pageSize>101</pageSize>"), "0021")
	o.refuses(o.call("task.getList", "<sort>asc</sort>"), "0015")
	o.refuses(o.call("action.getList", ""), "0009")
	o.refuses(o.call("action.getList", "<task><id>1</id><general>2</general></task>"), "0019")
	o.refuses(o.call("action.getListByPeriod", "<fromDate>01-01-2025</fromDate>"), "0009")
	o.refuses(o.call("analitic.getDataByCondition", "<analitic><id>1</id></analitic>"), "10002")
	o.refuses(o.call("handbook.getRecords", "<handbook><id>1</id></handbook>"), "10004")
	o.refuses(o.call("auth.login", "<login>robot</login><password>wrong</password>", basic(apiKey, "")), "1001")
	for fault, code := range map[string]string{faultQuota: "0007", faultBusy: "3014", faultUpdate: "0011", faultSession: "0005", faultFive: "10001"} {
		o.refuses(o.call("task.getList", tasks, simtest.Play(fault)), code)
	}
	if a := o.Ask(http.MethodGet, basePath+"/", ""); a.Status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.Status)
	}
	if a := o.Ask(http.MethodPost, "/"+Provider+"/other", ""); a.Status != http.StatusNotFound {
		t.Errorf("another path: %d", a.Status)
	}
	o = newOffice(t, Options{Set: map[string]string{swRegion: "elsewhere"}})
	o.refuses(o.call("task.getList", ""), "0024")
}

func TestPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Still: true})
	for inside, want := range map[string]string{
		"": "550/0/0", page(0): "550/0/0", page(1): "550/100/100", page(6): "550/50/50", page(7): "550/0/0",
		"<pageCurrent>1</pageCurrent>": "550/50/50",
	} {
		if got := o.shape(o.call("task.getList", inside)); got != want {
			t.Errorf("%s: %s, want %s", inside, got, want)
		}
	}
	var ids []string
	for n := 1; n <= 6; n++ {
		for _, i := range o.read(o.call("task.getList", "<sort>NUMBER_ASC</sort>"+page(n))).Lists[0].Items {
			ids = append(ids, i.ID)
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 550 {
		t.Errorf("%d ids", len(ids))
	}
	for method, want := range map[string]string{
		"user.getList": "5/5/5", "contact.getList": "130/100/100", "analitic.getList": "2/2/2", "taskStatus.getSetList": "1//1",
	} {
		inside := page(1)
		if method != "user.getList" && method != "contact.getList" {
			inside = ""
		}
		if got := o.shape(o.call(method, inside)); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
	if got := o.shape(o.call("contact.getList", "<target>company</target>"+page(1))); got != "20/20/20" {
		t.Errorf("companies: %s", got)
	}
	a := o.call("task.getList", page(7))
	if !strings.Contains(a.Raw, `<tasks totalCount="550" count="0"/>`) {
		t.Errorf("past the end: %s", a.Raw)
	}
	if got := o.shape(o.call("task.getList", page(2), simtest.Play(faultHollow))); got != "550/100/0" {
		t.Errorf("hollow: %s", got)
	}
}

func TestUncountedLists(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Still: true})
	condition := func(inside string) string { return "<analitic><id>264</id></analitic>" + inside }
	for inside, want := range map[string]string{condition(page(1)): "//100", condition(page(2)): "//0"} {
		if got := o.shape(o.call("analitic.getDataByCondition", inside)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	first := o.read(o.call("analitic.getDataByCondition", "<analitic><id>263</id></analitic>"+page(2), simtest.Play(faultRepeat)))
	if key := first.Lists[0].Items[0].Key; key != "874000" {
		t.Errorf("the page that repeats begins with %s", key)
	}
	levels := map[string]int{"": 3, "601": 2, "611": 2, "602": 2, "603": 0}
	for parent, n := range levels {
		inside := "<handbook><id>131</id></handbook>" + page(1)
		if parent != "" {
			inside += "<parentKey>" + parent + "</parentKey>"
		}
		if got := o.shape(o.call("handbook.getRecords", inside)); got != fmt.Sprintf("//%d", n) {
			t.Errorf("below %q: %s", parent, got)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Still: true})
	login := func() string {
		sid := o.read(o.call("auth.login", "<login>robot</login><password>"+robotSecret+"</password>", basic(apiKey, "X"))).SID
		if len(sid) != 32 {
			t.Fatalf("session %q", sid)
		}
		return "<sid>" + sid + "</sid>"
	}
	sid := login()
	o.shape(o.call("task.getList", sid, basic(apiKey, "")))
	o.Clock.Advance(sessionLife)
	o.refuses(o.call("task.getList", sid, basic(apiKey, "")), "0005")
	if again := login(); again == sid {
		t.Error("the same session")
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Set: map[string]string{swQuota: "3"}})
	for i := range 3 {
		a := o.call("task.getList", "")
		if left := a.Header.Get("X-RateLimit-Remaining"); left != fmt.Sprint(2-i) {
			t.Errorf("%s left", left)
		}
		o.shape(a)
	}
	o.refuses(o.call("task.getList", ""), "0007")
	o.Clock.Advance(24 * time.Hour)
	o.shape(o.call("task.getList", ""))

	o = newOffice(t, Options{})
	body := `<request method="task.getList"><account>acme</account></request>`
	send := func() simtest.Answer {
		return o.Ask(http.MethodPost, basePath, body, basic(apiKey, goodToken), simtest.With("Content-Type", "application/xml"))
	}
	o.shape(send())
	o.refuses(send(), "0007")
	if o.Last.Violation != sim.TooFast {
		t.Errorf("%+v", o.Last)
	}
}

func TestTasksChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{})
	changed := func(from, to string) string {
		return "<filters><filter><type>38</type><operator>equal</operator><value><datetype>anotherperiod</datetype><datefrom>" + from +
			"</datefrom><dateto>" + to + "</dateto></value></filter></filters>" + page(1)
	}
	before := o.shape(o.call("task.getList", page(0)))
	o.Clock.Advance(10 * 24 * time.Hour)
	after := o.shape(o.call("task.getList", page(0)))
	if before != "550/0/0" || after == before {
		t.Errorf("%s, then %s", before, after)
	}
	got := o.shape(o.call("task.getList", changed("02-03-2026", "12-03-2026")))
	var total, count, items int
	if _, err := fmt.Sscanf(strings.ReplaceAll(got, "/", " "), "%d %d %d", &total, &count, &items); err != nil || total < 60 || total > 130 {
		t.Errorf("changed in ten days: %s", got)
	}
	if got := o.shape(o.call("task.getList", changed("01-04-2026", "12-04-2026"))); got != "0/0/0" {
		t.Errorf("changed in the future: %s", got)
	}
	o.refuses(o.call("task.getList", strings.Replace(changed("x", "y"), "<type>38", "<type>38", 1)), "0015")
	o.refuses(o.call("task.getList", strings.Replace(changed("01-01-2026", "02-01-2026"), ">38<", ">5005<", 1)), "0015")

	o = newOffice(t, Options{Still: true})
	if got := o.shape(o.call("task.getList", page(0), simtest.Play(faultGrow))); got != "551/0/0" {
		t.Errorf("with one more: %s", got)
	}
	if got := o.shape(o.call("task.getList", page(0), simtest.Play(faultShrink))); got != "550/0/0" {
		t.Errorf("with one less: %s", got)
	}
}

func TestSameSeedSameAccount(t *testing.T) {
	t.Parallel()
	var texts []string
	for range 2 {
		o := newOffice(t, Options{})
		o.Clock.Advance(50 * time.Hour)
		texts = append(texts, o.call("task.getList", page(1)).Raw+o.call("action.getListByPeriod", "<fromDate>01-01-2026</fromDate><toDate>01-01-2027</toDate>").Raw)
	}
	if texts[0] != texts[1] {
		t.Error("they differ")
	}
}

func TestSpoiledAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, Options{Still: true})
	for fault, want := range map[string]string{faultForeign: `encoding="windows-1251"`, faultBomb: "<!ENTITY", faultControl: "\x0b"} {
		if a := o.call("task.getList", page(1), simtest.Play(fault)); !strings.Contains(a.Raw, want) {
			t.Errorf("%s: %.200s", fault, a.Raw)
		}
	}
	if a := o.call("task.getList", page(1), simtest.Play(faultCut)); strings.Contains(a.Raw, "</response>") {
		t.Error("it is not cut")
	}
}
