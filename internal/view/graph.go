package view

import (
	"fmt"
	"strings"
)

// GraphKind is the kind of a node in a graph.
type GraphKind int

// The kinds of nodes.
const (
	GraphProvider GraphKind = iota + 1
	GraphData
	GraphExport
)

// GraphNode is a block.
type GraphNode struct {
	Name string
	Kind GraphKind
	// Needs are indexes of nodes.
	Needs []int
}

// Graph is what depends on what.
type Graph struct{ Nodes []GraphNode }

// Graph prints a graph in the language of Graphviz or Mermaid.
func (v *View) Graph(g Graph, mermaid bool) {
	if mermaid {
		v.print(v.mermaid(g))
		return
	}
	v.print(v.dot(g))
}

func (v *View) dot(g Graph) string {
	shapes := map[GraphKind]string{GraphProvider: "diamond", GraphData: "ellipse", GraphExport: "box"}
	var b strings.Builder
	b.WriteString("digraph {\n  rankdir = \"RL\";\n")
	quoted := func(i int) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v.text(g.Nodes[i].Name)) + `"`
	}
	for i, n := range g.Nodes {
		fmt.Fprintf(&b, "  %s [shape = %s];\n", quoted(i), shapes[n.Kind])
	}
	for i, n := range g.Nodes {
		for _, d := range n.Needs {
			fmt.Fprintf(&b, "  %s -> %s;\n", quoted(i), quoted(d))
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func (v *View) mermaid(g Graph) string {
	open := map[GraphKind][2]string{GraphProvider: {"{{", "}}"}, GraphData: {"([", "])"}, GraphExport: {"[", "]"}}
	var b strings.Builder
	b.WriteString("flowchart RL\n")
	for i, n := range g.Nodes {
		name := strings.ReplaceAll(v.text(n.Name), `"`, "#quot;")
		fmt.Fprintf(&b, "  n%d%s\"%s\"%s\n", i, open[n.Kind][0], name, open[n.Kind][1])
	}
	for i, n := range g.Nodes {
		for _, d := range n.Needs {
			fmt.Fprintf(&b, "  n%d --> n%d\n", i, d)
		}
	}
	return b.String()
}
