package tracker

import "strings"

// clause is a condition: a field and what it may be.
type clause struct {
	field    *field
	saved    bool // the field is a saved filter, in place of one
	operands []operand
	at       int
}

// operand is one of the values of a condition.
type operand struct {
	not   bool
	op    string // "", >, <, >=, <=
	value literal
	to    *literal // the end of a range
}

// literal is a value as it was written.
type literal struct {
	text     string
	exact    bool
	function string // without its brackets; "" for a text
	args     map[string]operand
	shifts   []shift
	at       int
}

// shift is what is added to a time.
type shift struct {
	back bool
	by   string
}

// node is a part of a query: a condition, or parts bound by and, or or.
type node struct {
	clause *clause
	any    bool // the parts are bound by or
	parts  []node
}

// sort is one key of an order.
type sort struct {
	field *field
	down  bool
}

// parser reads the query language.
type parser struct {
	list  []lex
	depth int
}

// maxDepth is how deep brackets may be nested.
const maxDepth = 50

// parse reads a query: its conditions, and the order at its end.
func parse(query string) (node, []sort, *refusal) {
	list, ref := scan(query)
	if ref != nil {
		return node{}, nil, ref
	}
	p := &parser{list: list}
	var n node
	if !p.atSort() && p.peek().kind != lexEnd {
		if n, ref = p.either(); ref != nil {
			return node{}, nil, ref
		}
	}
	order, ref := p.order()
	if ref != nil {
		return node{}, nil, ref
	}
	if end := p.peek(); end.kind != lexEnd {
		return node{}, nil, syntax(end.at, "лишнее: "+end.text, "this is too much: "+end.text)
	}
	return n, order, nil
}

func (p *parser) peek() lex { return p.list[0] }

func (p *parser) next() lex {
	l := p.list[0]
	if l.kind != lexEnd {
		p.list = p.list[1:]
	}
	return l
}

// take goes past a mark if it comes next.
func (p *parser) take(mark string) bool {
	if p.peek().mark(mark) {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(mark string) *refusal {
	if l := p.peek(); !p.take(mark) {
		return syntax(l.at, "ожидается "+mark, mark+" is expected")
	}
	return nil
}

// atSort reports whether the order comes next.
func (p *parser) atSort() bool {
	l := p.peek()
	return l.kind == lexString && strings.EqualFold(l.text, "Sort By") && p.list[1].mark(":")
}

func (p *parser) either() (node, *refusal) {
	n := node{any: true}
	for {
		part, ref := p.both()
		if ref != nil {
			return n, ref
		}
		n.parts = append(n.parts, part)
		if !p.peek().word("OR") {
			return n, nil
		}
		p.next()
	}
}

func (p *parser) both() (node, *refusal) {
	var n node
	for {
		part, ref := p.single()
		if ref != nil {
			return n, ref
		}
		n.parts = append(n.parts, part)
		switch l := p.peek(); {
		case l.word("AND"):
			p.next()
		case l.kind == lexEnd || l.mark(")") || l.word("OR") || p.atSort():
			return n, nil
		}
	}
}

func (p *parser) single() (node, *refusal) {
	if l := p.peek(); l.mark("(") {
		if p.depth++; p.depth > maxDepth {
			return node{}, syntax(l.at, "слишком много скобок", "too many brackets")
		}
		p.next()
		n, ref := p.either()
		if ref == nil {
			ref = p.want(")")
		}
		p.depth--
		return n, ref
	}
	c, ref := p.clause()
	return node{clause: c}, ref
}

// name reads the name of a field.
func (p *parser) name() (string, lex, *refusal) {
	l := p.next()
	if l.kind != lexWord && l.kind != lexString {
		return "", l, syntax(l.at, "ожидается название поля", "the name of a field is expected")
	}
	if l.kind == lexWord && strings.HasSuffix(l.text, ".") && p.peek().kind == lexString {
		return l.text + p.next().text, l, nil
	}
	return l.text, l, nil
}

func (p *parser) clause() (*clause, *refusal) {
	name, l, ref := p.name()
	if ref == nil {
		ref = p.want(":")
	}
	if ref != nil {
		return nil, ref
	}
	c := &clause{at: l.at, field: worded(name), saved: strings.EqualFold(name, "Filter") || strings.EqualFold(name, "Фильтр")}
	if c.field == nil && !c.saved {
		return nil, syntax(l.at, "поле не существует: "+name, "there is no field "+name)
	}
	for {
		o, ref := p.operand()
		if ref != nil {
			return nil, ref
		}
		c.operands = append(c.operands, o)
		if !p.take(",") {
			return c, nil
		}
	}
}

func (p *parser) operand() (o operand, ref *refusal) {
	o.not = p.take("!")
	for _, op := range []string{">=", "<=", ">", "<"} {
		if p.take(op) {
			o.op = op
			break
		}
	}
	if o.value, ref = p.literal(); ref != nil || o.op != "" || !p.take("..") {
		return o, ref
	}
	to, ref := p.literal()
	o.to = &to
	return o, ref
}

func (p *parser) literal() (v literal, ref *refusal) {
	v.exact = p.take("#")
	minus := !v.exact && p.take("-")
	l := p.next()
	v.at, v.text = l.at, l.text
	switch {
	case l.kind != lexWord && l.kind != lexString || minus && l.kind != lexWord:
		return v, syntax(l.at, "ожидается значение", "a value is expected")
	case minus:
		v.text = "-" + l.text
		return v, nil
	case l.kind == lexWord && p.take("("):
		v.function = strings.ToLower(l.text)
		if ref := p.args(&v); ref != nil {
			return v, ref
		}
	}
	for p.peek().mark("+") || p.peek().mark("-") {
		s := shift{back: p.next().text == "-"}
		by := p.next()
		if by.kind != lexWord && by.kind != lexString {
			return v, syntax(by.at, "ожидается промежуток времени", "a span of time is expected")
		}
		s.by = by.text
		v.shifts = append(v.shifts, s)
	}
	return v, nil
}

// args reads the arguments of a function, up to its closing bracket.
func (p *parser) args(v *literal) *refusal {
	v.args = map[string]operand{}
	for !p.take(")") {
		name, _, ref := p.name()
		if ref == nil {
			ref = p.want(":")
		}
		if ref != nil {
			return ref
		}
		if v.args[strings.ToLower(name)], ref = p.operand(); ref != nil {
			return ref
		}
		p.take(",")
	}
	return nil
}

// order reads the order at the end.
func (p *parser) order() ([]sort, *refusal) {
	if !p.atSort() {
		return nil, nil
	}
	p.next()
	p.next()
	var order []sort
	for {
		name, l, ref := p.name()
		if ref != nil {
			return nil, ref
		}
		s := sort{field: worded(name)}
		if s.field == nil {
			return nil, syntax(l.at, "поле не существует: "+name, "there is no field "+name)
		}
		if dir := p.peek(); dir.word("DESC") || dir.word("ASC") {
			s.down = p.next().text[0]|0x20 == 'd'
		}
		order = append(order, s)
		if !p.take(",") {
			return order, nil
		}
	}
}
