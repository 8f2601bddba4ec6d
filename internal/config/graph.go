package config

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/export"
)

// vertex is a block on its way to becoming a node.
type vertex struct {
	Node
	name string
	deps []int
	// refs is what the block refers to, for explaining a cycle.
	refs refs
}

// graph orders the blocks. diags are handed through, with cycles added.
func (m *module) graph(diags hcl.Diagnostics) ([]Node, hcl.Diagnostics) {
	m.sortProviders()
	var list []vertex
	providers := map[string]int{}
	blocks := map[export.Address]int{}
	for _, p := range m.providerOrder {
		providers[p.ref] = len(list)
		list = append(list, vertex{Node: Node{Kind: ProviderNode, Provider: p.ref, Range: p.rng}, name: "provider." + p.ref, refs: p.refs})
	}
	for _, b := range m.blockOrder {
		kind := ExportNode
		if b.addr.Data {
			kind = DataNode
		}
		blocks[b.addr] = len(list)
		list = append(list, vertex{Node: Node{Kind: kind, Provider: b.provider, Address: b.addr, Range: b.rng}, name: b.addr.String(), refs: b.refs})
	}
	for i := range list {
		v := &list[i]
		needs := m.needs(v.refs)
		if v.Kind != ProviderNode {
			v.deps = append(v.deps, providers[v.Provider])
			needs = m.blocks[v.Address].needs
		}
		for _, a := range needs {
			v.deps = add(v.deps, blocks[a])
		}
	}
	order, rest := sortVertices(list)
	if len(rest) > 0 {
		cycle := findCycle(list, rest)
		return nil, append(diags, diag(list[cycle[0]].Range, "Cycle",
			"%s depends on itself: %s. Break the circle, for example with a variable.", list[cycle[0]].name, m.showCycle(list, cycle)))
	}
	return renumber(list, order), diags
}

// sortVertices returns the vertices so that each comes after what it depends on,
// otherwise in the order they are written, and those that lie on or behind a cycle.
func sortVertices(list []vertex) (order, rest []int) {
	waiting := make([]int, len(list))
	users := make([][]int, len(list))
	ready := &byPlace{list: list}
	for i := range list {
		waiting[i] = len(list[i].deps)
		for _, d := range list[i].deps {
			users[d] = append(users[d], i)
		}
		if waiting[i] == 0 {
			ready.queue = append(ready.queue, i)
		}
	}
	heap.Init(ready)
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		order = append(order, i)
		for _, u := range users[i] {
			if waiting[u]--; waiting[u] == 0 {
				heap.Push(ready, u)
			}
		}
	}
	for i := range list {
		if waiting[i] > 0 {
			rest = append(rest, i)
		}
	}
	return order, rest
}

// byPlace is a heap of vertices in the order they are written.
type byPlace struct {
	list  []vertex
	queue []int
}

func (h *byPlace) Len() int      { return len(h.queue) }
func (h *byPlace) Swap(i, j int) { h.queue[i], h.queue[j] = h.queue[j], h.queue[i] }
func (h *byPlace) Less(i, j int) bool {
	a, b := h.queue[i], h.queue[j]
	if c := comparePlaces(h.list[a].Range, h.list[b].Range); c != 0 {
		return c < 0
	}
	return a < b
}
func (h *byPlace) Push(x any) { h.queue = append(h.queue, x.(int)) }
func (h *byPlace) Pop() any {
	last := len(h.queue) - 1
	x := h.queue[last]
	h.queue = h.queue[:last]
	return x
}

// findCycle walks backwards from a vertex that could not be ordered until one
// comes up twice.
func findCycle(list []vertex, rest []int) []int {
	seen := map[int]int{}
	var way []int
	for i := rest[0]; ; {
		if from, ok := seen[i]; ok {
			way = way[from:]
			break
		}
		seen[i] = len(way)
		way = append(way, i)
		for _, d := range list[i].deps {
			if slices.Contains(rest, d) {
				i = d
				break
			}
		}
	}
	first := 0
	for k := range way {
		if comparePlaces(list[way[k]].Range, list[way[first]].Range) < 0 {
			first = k
		}
	}
	return append(append([]int(nil), way[first:]...), way[:first]...)
}

// showCycle writes the way around, with the local values that it leads through.
func (m *module) showCycle(list []vertex, cycle []int) string {
	var b strings.Builder
	for k, i := range cycle {
		b.WriteString(list[i].name + " -> ")
		next := list[cycle[(k+1)%len(cycle)]].Address
		for _, l := range m.through(list[i].refs, next) {
			b.WriteString("local." + l + " -> ")
		}
	}
	return b.String() + list[cycle[0]].name
}

// through returns the local values between references and the block they end at.
func (m *module) through(r refs, target export.Address) []string {
	if slices.Contains(r.blocks, target) {
		return nil
	}
	for _, name := range r.locals {
		if l := m.locals[name]; slices.Contains(l.needs, target) {
			return append([]string{name}, m.through(l.refs, target)...)
		}
	}
	return nil
}

func renumber(list []vertex, order []int) []Node {
	place := make([]int, len(list))
	for at, i := range order {
		place[i] = at
	}
	nodes := make([]Node, len(order))
	for at, i := range order {
		n := list[i].Node
		for _, d := range list[i].deps {
			n.DependsOn = append(n.DependsOn, place[d])
		}
		slices.Sort(n.DependsOn)
		nodes[at] = n
	}
	return nodes
}
