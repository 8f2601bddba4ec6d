package planfixxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxDepth bounds how deep elements may stand in each other; the service needs 8.
const maxDepth = 64

// page is an answer with a list.
type page struct {
	total int // items on all pages, -1 if it does not say
	items []*node
}

// node is an element: a text, or others.
type node struct {
	name     string
	text     string
	attrs    []xml.Attr
	children []*node
}

// child returns the first element with the name, or nil.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// value is the text of an element, "" of nil. The texts of elements within it are
// joined.
func (n *node) value() string {
	if n == nil {
		return ""
	}
	if len(n.children) == 0 {
		return n.text
	}
	var all []string
	for _, c := range n.children {
		all = append(all, c.value())
	}
	return strings.Join(all, "; ")
}

// parsePage reads an answer. Without a name for the list it is the first element in
// the answer, and without one for its items all that is in it.
func parsePage(body []byte, list, item string) (*page, error) {
	p := &parser{dec: xml.NewDecoder(bytes.NewReader(body)), list: list, item: item, page: page{total: -1}}
	for {
		t, err := p.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, syntax(p.dec, err)
		}
		if err := p.token(t); err != nil {
			return nil, err
		}
	}
	switch {
	case !p.found && list != "":
		return nil, fmt.Errorf("the answer has no element %q, in which the list was expected", list)
	case !p.found:
		return nil, errors.New("the answer has nothing in it")
	}
	return &p.page, nil
}

type parser struct {
	dec        *xml.Decoder
	list, item string
	page       page

	depth int // of open elements
	at    int // depth of the list, 0 outside
	found bool
	stack []*node // within an item
	text  []byte  // of the innermost element, as long as it has no others
}

func (p *parser) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if p.depth++; p.depth > maxDepth {
			return fmt.Errorf("elements stand more than %d deep in each other, at byte %d", maxDepth, p.dec.InputOffset())
		}
		p.start(t)
	case xml.EndElement:
		p.end()
		p.depth--
	case xml.CharData:
		if len(p.stack) > 0 {
			p.text = append(p.text, t...)
		}
	case xml.Directive:
		return fmt.Errorf("the answer defines a document type, which the service never does, at byte %d", p.dec.InputOffset())
	}
	return nil
}

func (p *parser) start(t xml.StartElement) {
	name := t.Name.Local
	switch {
	case len(p.stack) > 0:
		top := p.stack[len(p.stack)-1]
		n := &node{name: name, attrs: attrs(t)}
		top.children = append(top.children, n)
		p.stack = append(p.stack, n)
	case p.at > 0:
		if p.depth == p.at+1 && (p.item == "" || name == p.item) {
			n := &node{name: name, attrs: attrs(t)}
			p.page.items = append(p.page.items, n)
			p.stack = append(p.stack, n)
		}
	case !p.found && p.depth > 1 && (name == p.list || p.list == ""):
		p.found, p.at = true, p.depth
		if n, err := strconv.Atoi(attribute(t, "totalCount")); err == nil && n >= 0 {
			p.page.total = n
		}
	}
	p.text = p.text[:0]
}

// attrs are an element's attributes. The decoder makes them anew for each.
func attrs(t xml.StartElement) []xml.Attr {
	if len(t.Attr) == 0 {
		return nil
	}
	return t.Attr
}

func (p *parser) end() {
	if n := len(p.stack); n > 0 {
		top := p.stack[n-1]
		if len(top.children) == 0 && len(p.text) > 0 {
			top.text = string(p.text)
		}
		p.text = p.text[:0]
		p.stack = p.stack[:n-1]
		return
	}
	if p.depth == p.at {
		p.at = 0
	}
}
