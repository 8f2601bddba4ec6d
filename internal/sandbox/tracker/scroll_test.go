package tracker

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/sandbox/sim/simtest"
)

const opening = search + "?scrollType=sorted&perScroll=40&fields=id,key,updatedAt"

// next is the address of the page after an answer; "" after the last one.
func (a *answer) next() string {
	id := a.header.Get("X-Scroll-Id")
	if id == "" {
		return ""
	}
	return search + "?scrollId=" + url.QueryEscape(id) + "&fields=id,key,updatedAt"
}

// scroll reads all pages and returns their sizes and the ids of the rows.
func (g *org) scroll(address, body string) (sizes []int, ids []string) {
	g.t.Helper()
	for address != "" {
		got := g.post(address, body)
		rows := got.rows()
		sizes = append(sizes, len(rows))
		ids = append(ids, texts(rows, "id")...)
		address = got.next()
	}
	return sizes, ids
}

func TestScroll(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	body := query(`"Sort By": Updated ASC`)
	want := texts(g.post(search+"?perPage=300", body).rows(), "id")
	for n := range 6 {
		sizes, ids := g.scroll(opening, body)
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("scroll %d: %s", n, diff)
		}
		// Some pages are short with more to come; some scrolls end with an empty one.
		wantSizes := []int{40, 39, 40, 40, 39, 40, 40, 22}
		if n%2 == 1 {
			wantSizes = append(wantSizes, 0)
		}
		if diff := cmp.Diff(wantSizes, sizes); diff != "" {
			t.Errorf("scroll %d: %s", n, diff)
		}
	}
}

func TestScrollHeaders(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	same := map[bool]int{}
	for range 4 {
		first := g.post(opening, query(""))
		if first.header.Get("X-Total-Count") != "300" || first.header.Get("X-Scroll-Token") == "" {
			t.Errorf("%v", first.header)
		}
		id := first.header.Get("X-Scroll-Id")
		if first.linked().Get("scrollId") != id || !strings.ContainsAny(id, "+") || !strings.HasSuffix(id, "==") {
			t.Errorf("%q %v", id, first.linked())
		}
		// An id that is not escaped is another one.
		g.post(search+"?scrollId="+id, query("")).fails(403, "")
		second := g.post(first.next()+"&scrollToken=x", query("")).ok()
		same[second.header.Get("X-Scroll-Id") == id]++
	}
	if same[true] != 2 || same[false] != 2 {
		t.Errorf("the id stays in %d scrolls and changes in %d", same[true], same[false])
	}
}

// The place moves with every request, so a page whose answer is lost is lost.
func TestRepeatedPageLosesRows(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	first := g.post(opening, query(""))
	second := texts(g.post(first.next(), query("")).rows(), "id")
	again := texts(g.post(first.next(), query("")).rows(), "id")
	for _, id := range again {
		if slices.Contains(second, id) {
			t.Fatal("a row came twice")
		}
	}
}

func TestScrollIsASnapshot(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	body := query(`Updated: > now() - 20000h "Sort By": Updated DESC`)
	g.Clock.Advance(24 * time.Hour)
	want := texts(g.askNow("POST", search+"?perPage=1000", body).rows(), "id")
	got := g.askNow("POST", opening+"&scrollTTLMillis=3600000", body)
	ids := texts(got.rows(), "id")
	for got.next() != "" {
		g.Clock.Advance(50 * time.Minute) // things happen, and the time that is left starts anew
		got = g.post(got.next(), body)
		ids = append(ids, texts(got.rows(), "id")...)
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
}

func TestScrollExpires(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for _, tc := range []struct {
		ttl   string
		wait  time.Duration
		alive bool
	}{
		{"", 58 * time.Second, true},
		{"", 60 * time.Second, false},
		{"&scrollTTLMillis=5000", 3 * time.Second, true},
		{"&scrollTTLMillis=5000", 5 * time.Second, false},
		{"&scrollTTLMillis=600000", 590 * time.Second, true},
	} {
		first := g.post(opening+tc.ttl, query(""))
		g.Clock.Advance(tc.wait)
		got := g.post(first.next(), query(""), english)
		if tc.alive {
			got.ok()
		} else if got.fails(403, ""); !strings.Contains(got.raw, "Bad signature") {
			t.Errorf("%s", got.raw)
		}
	}
	first := g.post(opening, query(""))
	g.post(first.next(), query(""), simtest.Play(faultExpired)).fails(403, "")
	g.post(opening, query(""), simtest.Play(faultExpired)).ok()
	g.post(search+"?scrollId=nothing", query("")).fails(403, "")
	g.post(first.next(), query(""), as("colleague")).fails(403, "")
}

func TestScrollRefuses(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	for _, tc := range []struct{ address, body, param string }{
		{opening, `{"queue":"DEV"}`, "queue"},
		{opening, `{"keys":["DEV-1"]}`, "keys"},
		{opening, `{"filterId":101}`, "filterId"},
		{opening, query("Queue: NOWHERE"), "query"},
		{search + "?scrollType=fast", query(""), "scrollType"},
		{search + "?scrollType=sorted&perScroll=0", query(""), "perScroll"},
		{search + "?scrollType=sorted&perScroll=1001", query(""), "perScroll"},
		{opening + "&page=1", query(""), "page"},
		{opening + "&perPage=1", query(""), "perPage"},
		{opening + "&scrollTTLMillis=0", query(""), "scrollTTLMillis"},
	} {
		g.post(tc.address, tc.body).fails(400, tc.param)
	}
	first := g.post(opening, query(""))
	g.post(first.next()+"&scrollType=sorted", query("")).fails(400, "scrollType")
	g.post(first.next()+"&perScroll=40", query("")).fails(400, "perScroll")
	g.post(first.next(), query("Queue: DEV")).fails(400, "scrollId")
	g.post(first.next()+"&scrollTTLMillis=1000", query("")).ok()

	if _, ids := newOrg(t, "scroll-filter-id=on").scroll(opening, `{"filterId":103}`); len(ids) == 0 {
		t.Error("nothing came")
	}
}

func TestUnsortedScroll(t *testing.T) {
	t.Parallel()
	g := frozen(t)
	body := query(`"Sort By": Updated ASC`)
	_, sorted := g.scroll(opening, body)
	_, unsorted := g.scroll(strings.Replace(opening, "sorted", "unsorted", 1), body)
	if slices.Equal(sorted, unsorted) {
		t.Error("the order was kept")
	}
	slices.Sort(sorted)
	slices.Sort(unsorted)
	if diff := cmp.Diff(sorted, unsorted); diff != "" {
		t.Error(diff)
	}
}

func TestReleaseOfAScroll(t *testing.T) {
	t.Parallel()
	g := newOrg(t)
	first, other := g.post(opening, query("")), g.post(opening, query(""))
	id, token := first.header.Get("X-Scroll-Id"), first.header.Get("X-Scroll-Token")
	g.post("/v3/system/search/scroll/_clear", `{`+q(id)+`:1}`).fails(422, id)
	g.post("/v3/system/search/scroll/_clear", `{`+q(id)+`:`+q(token)+`,"unknown":"x"}`).ok()
	g.post(first.next(), query("")).fails(403, "")
	g.post(other.next(), query("")).ok()
}

// A scroll outlives the process, as it would on the service.
func TestScrollOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var want, ids []string
	var next string
	t.Run("first", func(t *testing.T) {
		g := openOrg(t, dir, Options{Issues: 300, Still: true})
		_, want = g.scroll(opening, query(""))
		got := g.post(opening, query(""))
		ids, next = texts(got.rows(), "id"), got.next()
	})
	t.Run("second", func(t *testing.T) {
		_, rest := openOrg(t, dir, Options{Issues: 300, Still: true}).scroll(next, query(""))
		if diff := cmp.Diff(want, append(ids, rest...)); diff != "" {
			t.Error(diff)
		}
	})
}
