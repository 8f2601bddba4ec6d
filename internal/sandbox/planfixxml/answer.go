package planfixxml

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"
)

const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

const (
	maxPage     = 100
	defaultPage = 50
)

// builder writes elements.
type builder struct{ strings.Builder }

// text writes an element with a text. An empty one is written in the short form.
func (b *builder) text(name, text string) {
	if text == "" {
		b.WriteString("<" + name + "/>")
		return
	}
	b.WriteString("<" + name + ">")
	_ = escape(b, text) // a builder takes everything
	b.WriteString("</" + name + ">")
}

func (b *builder) number(name string, n int) { b.text(name, strconv.Itoa(n)) }

func (b *builder) flag(name string, on bool) {
	if on {
		b.text(name, "1")
		return
	}
	b.text(name, "0")
}

// in writes an element around others.
func (b *builder) in(name string, content func()) {
	b.WriteString("<" + name + ">")
	content()
	b.WriteString("</" + name + ">")
}

// ref writes a reference to an object with a name; one that is not set has the id 0.
func (b *builder) ref(name string, id int, called string) {
	b.in(name, func() { b.number("id", id); b.text("name", called) })
}

func response(content func(*builder)) string {
	b := &builder{}
	b.WriteString(head + `<response status="ok">`)
	content(b)
	b.WriteString(`</response>`)
	return b.String()
}

// row writes the inside of an item.
type row func(*builder)

// list is a method that gives a list.
type list struct {
	method          string
	container, item string
	paged           bool
	total           bool // the container tells totalCount
	counted         bool // the container tells count
	countOnly       bool // without a page, or with one below 1, nothing but the count
	params          []string
	required        []string
	sorts           []string // what sort or sortType can be
	rows            func(*Service, *request, time.Time) ([]row, *refusal)
	around          func(*builder, *request, func()) // what stands around the container
}

func find(method string) *list {
	if i := slices.IndexFunc(lists, func(l list) bool { return l.method == method }); i >= 0 {
		return &lists[i]
	}
	return nil
}

// list answers a method.
func (s *Service) list(l *list, in *request, now time.Time) (string, error) {
	page, size, ref := l.check(in)
	if ref != nil {
		return "", ref
	}
	rows, ref := l.rows(s, in, now)
	if ref != nil {
		return "", ref
	}
	total := len(rows)
	if l.paged {
		if in.call.Fault == faultRepeat {
			page = min(page, 1)
		}
		if page < 1 {
			rows = nil
		} else {
			from := min((page-1)*size, len(rows))
			rows = rows[from:min(from+size, len(rows))]
		}
	}
	count := len(rows)
	if in.call.Fault == faultHollow {
		rows = nil
	}
	return response(func(b *builder) {
		write := func() { l.write(b, rows, total, count) }
		if l.around != nil {
			l.around(b, in, write)
			return
		}
		write()
	}), nil
}

// check reads paging and refuses parameters that the method does not have.
func (l *list) check(in *request) (page, size int, ref *refusal) {
	known := append([]string{"account", "sid"}, l.params...)
	if l.paged {
		known = append(known, "pageCurrent", "pageSize")
	}
	for i := range in.Children {
		if name := in.Children[i].name(); !slices.Contains(known, name) {
			return 0, 0, badValue(name)
		}
	}
	for _, path := range l.required {
		if in.text(path) == "" {
			return 0, 0, missing(path)
		}
	}
	for _, name := range []string{"sort", "sortType"} {
		if v := in.text(name); v != "" && !slices.Contains(l.sorts, v) {
			return 0, 0, badValue(name)
		}
	}
	absent := 1
	if l.countOnly {
		absent = 0
	}
	if page, ref = in.number("pageCurrent", absent); ref != nil {
		return 0, 0, ref
	}
	if size, ref = in.number("pageSize", 0); ref != nil {
		return 0, 0, ref
	}
	switch {
	case size > maxPage:
		return 0, 0, errSize
	case size < 0:
		return 0, 0, badValue("pageSize")
	case size == 0:
		size = defaultPage
	}
	return page, size, nil
}

func (l *list) write(b *builder, rows []row, total, count int) {
	b.WriteString("<" + l.container)
	if l.total {
		b.WriteString(` totalCount="` + strconv.Itoa(total) + `"`)
	}
	if l.counted {
		b.WriteString(` count="` + strconv.Itoa(count) + `"`)
	}
	if len(rows) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	for _, r := range rows {
		b.in(l.item, func() { r(b) })
	}
	b.WriteString("</" + l.container + ">")
}

func escape(b *builder, text string) error { return xml.EscapeText(b, []byte(text)) }
