package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
)

// resolveLocals checks what local values refer to, finds cycles among them, and
// works out which data sources and exports each depends on.
func (m *module) resolveLocals() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, l := range m.localOrder {
		r, d := m.resolve(l.expr, scope{})
		l.refs, l.wrong = r, d.HasErrors()
		diags = append(diags, d...)
	}
	w := &localWalk{m: m, state: map[string]int{}}
	for _, l := range m.localOrder {
		w.visit(l)
		for _, a := range l.needs {
			m.localUsers[a] = append(m.localUsers[a], l.name)
		}
	}
	return append(diags, w.diags...)
}

const (
	entered = iota + 1
	finished
)

type localWalk struct {
	m     *module
	state map[string]int
	stack []string
	diags hcl.Diagnostics
}

func (w *localWalk) visit(l *local) {
	switch w.state[l.name] {
	case finished:
		return
	case entered:
		w.diags = append(w.diags, diag(l.rng, "Cycle", "local.%s depends on itself: %s.", l.name, w.cycle(l.name)))
		return
	}
	w.state[l.name] = entered
	w.stack = append(w.stack, l.name)
	l.needs = append(l.needs, l.refs.blocks...)
	for _, name := range l.refs.locals {
		inner := w.m.locals[name]
		w.visit(inner)
		for _, a := range inner.needs {
			l.needs = add(l.needs, a)
		}
	}
	w.stack = w.stack[:len(w.stack)-1]
	w.state[l.name] = finished
}

// cycle shows the way from a local value back to itself.
func (w *localWalk) cycle(name string) string {
	from := 0
	for i, n := range w.stack {
		if n == name {
			from = i
		}
	}
	var b strings.Builder
	for _, n := range w.stack[from:] {
		b.WriteString("local." + n + " -> ")
	}
	return b.String() + "local." + name
}

// needs are the data sources and exports that must be known for a value with
// these references.
func (m *module) needs(r refs) []export.Address {
	out := append([]export.Address(nil), r.blocks...)
	for _, name := range r.locals {
		for _, a := range m.locals[name].needs {
			out = add(out, a)
		}
	}
	return out
}
