package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"reportsync/internal/config"
	"reportsync/internal/view"
)

func newGraphCmd(a *app) *cobra.Command {
	var v vars
	var format string
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Print what depends on what, for Graphviz or Mermaid",
		Long: `graph prints the providers, data sources and exports of the configuration, with an
arrow from each to what it needs. It needs neither network nor credentials nor state.`,
		Example: `  reportsync graph | dot -Tsvg > graph.svg
  reportsync graph -format=mermaid`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runGraph(v, format) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "dot", "dot or mermaid")
	return cmd
}

func (a *app) runGraph(v vars, format string) error {
	if format != "dot" && format != "mermaid" {
		return usage("Use dot or mermaid.", "-format: %q is not a format", format)
	}
	cfg, diags := a.parse(v, true)
	if diags.HasErrors() {
		a.view.Diagnostics(diags, cfg.Files)
		return status(exitError)
	}
	nodes := cfg.Nodes()
	g := view.Graph{Nodes: make([]view.GraphNode, len(nodes))}
	for i := range nodes {
		n := &nodes[i]
		g.Nodes[i] = view.GraphNode{Name: n.Address.String(), Kind: view.GraphExport, Needs: n.DependsOn}
		switch n.Kind {
		case config.ProviderNode:
			g.Nodes[i].Name, g.Nodes[i].Kind = "provider."+n.Provider, view.GraphProvider
		case config.DataNode:
			g.Nodes[i].Kind = view.GraphData
		case config.ExportNode:
		default:
			return fmt.Errorf("block %s is of an unknown kind", strings.TrimSpace(n.Address.String()))
		}
	}
	a.view.Graph(g, format == "mermaid")
	return nil
}
