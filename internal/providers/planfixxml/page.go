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
	name  string
	text  string
	attrs []xml.Attr
	// first is the first element within it, last the last one, next the one behind it.
	first, last, next *node
	from, to          int // where its text is among all texts of the page
}

// child returns the first element with the name, or nil.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for c := n.first; c != nil; c = c.next {
		if c.name == name {
			return c
		}
	}
	return nil
}

// value is the text of an element, "" of nil. The texts of elements within it are
// joined.
func (n *node) value() string {
	switch {
	case n == nil:
		return ""
	case n.first == nil:
		return n.text
	}
	var all []string
	for c := n.first; c != nil; c = c.next {
		all = append(all, c.value())
	}
	return strings.Join(all, between)
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
	p.settle()
	return &p.page, nil
}

type parser struct {
	dec        *xml.Decoder
	list, item string
	page       page
	nodes      [][]node // all of them, a chunk at a time

	depth int // of open elements
	at    int // depth of the list, 0 outside
	found bool
	stack []*node // within an item
	text  []byte  // all texts
}

// chunkSize is how many nodes are made at once.
const chunkSize = 512

func (p *parser) node(t xml.StartElement) *node {
	last := len(p.nodes) - 1
	if last < 0 || len(p.nodes[last]) == chunkSize {
		p.nodes, last = append(p.nodes, make([]node, 0, chunkSize)), last+1
	}
	p.nodes[last] = append(p.nodes[last], node{name: t.Name.Local, attrs: t.Attr, from: len(p.text)})
	return &p.nodes[last][len(p.nodes[last])-1]
}

// settle gives the nodes their texts.
func (p *parser) settle() {
	all := string(p.text)
	for _, chunk := range p.nodes {
		for i := range chunk {
			if n := &chunk[i]; n.first == nil {
				n.text = all[n.from:n.to]
			}
		}
	}
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
		top, n := p.stack[len(p.stack)-1], p.node(t)
		if top.last == nil {
			top.first = n
		} else {
			top.last.next = n
		}
		top.last = n
		p.stack = append(p.stack, n)
	case p.at > 0:
		if p.depth == p.at+1 && (p.item == "" || name == p.item) {
			n := p.node(t)
			p.page.items = append(p.page.items, n)
			p.stack = append(p.stack, n)
		}
	case !p.found && p.depth > 1 && (name == p.list || p.list == ""):
		p.found, p.at = true, p.depth
		if n, err := strconv.Atoi(attribute(t, "totalCount")); err == nil && n >= 0 {
			p.page.total = n
		}
	}
}

func (p *parser) end() {
	if n := len(p.stack); n > 0 {
		p.stack[n-1].to = len(p.text)
		p.stack = p.stack[:n-1]
		return
	}
	if p.depth == p.at {
		p.at = 0
	}
}
