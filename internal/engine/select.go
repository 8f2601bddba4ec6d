package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/config"
	"reportsync/internal/export"
)

// ErrNoSuchAddress is the kind of error of an address to plan for that neither the
// configuration nor the state has.
var ErrNoSuchAddress = errors.New("no such address")

// selection returns the filter of -target and -exclude, nil when there is none. What
// a target refers to is selected with it, or its arguments could not be known; what
// ends needs nothing.
func (r *Run) selection(o PlanOptions) func(export.Address) bool {
	if len(o.Targets)+len(o.Excludes) == 0 {
		return nil
	}
	if !o.Destroy {
		o.Targets = append(slices.Clone(o.Targets), r.needed(o.Targets)...)
	}
	covers := func(list []export.Address, a export.Address) bool {
		return slices.ContainsFunc(list, func(t export.Address) bool { return t.Covers(a) })
	}
	return func(a export.Address) bool {
		return (len(o.Targets) == 0 || covers(o.Targets, a)) && !covers(o.Excludes, a)
	}
}

// needed are the exports that those of the targets refer to, directly or not.
func (r *Run) needed(targets []export.Address) []export.Address {
	nodes := r.cfg.Nodes()
	seen := make([]bool, len(nodes))
	var out []export.Address
	var visit func(i int)
	visit = func(i int) {
		for _, d := range nodes[i].DependsOn {
			if seen[d] {
				continue
			}
			seen[d] = true
			if nodes[d].Kind == config.ExportNode {
				out = append(out, nodes[d].Address)
			}
			visit(d)
		}
	}
	for i := range nodes {
		if nodes[i].Kind == config.ExportNode && slices.ContainsFunc(targets, func(t export.Address) bool { return t.Block() == nodes[i].Address }) {
			visit(i)
		}
	}
	return out
}

// misnamed tells of addresses that select nothing: a misspelt target would look as
// if nothing were to be done, and a misspelt exclusion would fetch or generate what
// was to be left alone. Before the walk, only blocks are known.
func (r *Run) misnamed(o PlanOptions, w *walk) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, list := range []struct {
		what  string
		addrs []export.Address
	}{{"target", o.Targets}, {"exclude", o.Excludes}, {"replace", o.Replace}} {
		for _, a := range list.addrs {
			if !r.exists(a, w) {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "No such address",
					Detail: fmt.Sprintf("There is no %s to %s, neither in the configuration nor in the state. Nothing was done.%s", a, list.what, r.instead(a, w)),
					Extra:  ErrNoSuchAddress,
				})
			}
		}
	}
	return diags
}

// exists reports whether an address selects something, or might.
func (r *Run) exists(a export.Address, w *walk) bool {
	for addr := range r.snap.Instances {
		if a.Covers(addr) {
			return true
		}
	}
	block := a.Block()
	nodes := r.cfg.Nodes()
	if !slices.ContainsFunc(nodes, func(n config.Node) bool { return n.Kind == config.ExportNode && n.Address == block }) {
		return false
	}
	return w == nil || !a.HasKey || w.unresolved[block] || w.byAddress[a] != nil
}

// mostNamed is how many addresses a message names at most.
const mostNamed = 5

// instead names what there is: instances of the block that was meant, or blocks.
func (r *Run) instead(a export.Address, w *walk) string {
	there := map[export.Address]bool{}
	if w != nil && a.HasKey {
		for addr := range w.byAddress {
			if addr.Block() == a.Block() {
				there[addr] = true
			}
		}
	}
	if len(there) == 0 {
		for addr := range r.snap.Instances {
			there[addr.Block()] = true
		}
		nodes := r.cfg.Nodes()
		for i := range nodes {
			if nodes[i].Kind == config.ExportNode {
				there[nodes[i].Address] = true
			}
		}
	}
	if len(there) == 0 {
		return ""
	}
	var names []string
	for _, addr := range slices.SortedFunc(maps.Keys(there), export.Address.Compare) {
		if len(names) == mostNamed {
			names = append(names, "…")
			break
		}
		names = append(names, addr.String())
	}
	return " There is: " + strings.Join(names, ", ") + "."
}
