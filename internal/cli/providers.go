package cli

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"reportsync/internal/schema"
)

func newProvidersCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "providers",
		Short: "List the providers with their exports and data sources",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return a.runProviders() },
	}
	sub := &cobra.Command{
		Use:   "schema",
		Short: "Print the schema of all providers as JSON",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return a.view.Document(schemaDoc()) },
	}
	sub.Flags().Bool("json", true, "print JSON (the only form there is)")
	cmd.AddCommand(sub)
	return cmd
}

func (a *app) runProviders() error {
	var rows [][]string
	for _, p := range schemas() {
		for i := range p.Exports {
			rows = append(rows, []string{p.Name, "export", p.Exports[i].Type})
		}
		for i := range p.Data {
			rows = append(rows, []string{p.Name, "data", p.Data[i].Type})
		}
	}
	a.view.Table([]string{"provider", "block", "type"}, rows)
	return nil
}

// schemaDoc is the schema in the shape of Terraform's.
func schemaDoc() map[string]any {
	all := map[string]any{}
	for _, p := range schemas() {
		exports, data := map[string]any{}, map[string]any{}
		for i := range p.Exports {
			exports[p.Exports[i].Type] = blockDoc(&p.Exports[i].Body, p.Exports[i].Description, p.Exports[i].Result)
		}
		for i := range p.Data {
			data[p.Data[i].Type] = blockDoc(&p.Data[i].Body, p.Data[i].Description, p.Data[i].Result)
		}
		all[p.Name] = map[string]any{
			"provider": blockDoc(&p.Body, p.Description, nil), "resource_schemas": exports, "data_source_schemas": data,
		}
	}
	return map[string]any{"format_version": "1.0", "provider_schemas": all}
}

func blockDoc(b *schema.Body, description string, result map[string]schema.Result) map[string]any {
	return map[string]any{"version": 0, "block": bodyDoc(b, description, result)}
}

func bodyDoc(b *schema.Body, description string, result map[string]schema.Result) map[string]any {
	attrs := map[string]any{}
	for name, r := range result {
		attrs[name] = map[string]any{"type": r.Type, "description": r.Description, "description_kind": "plain", "computed": true}
	}
	for i := range b.Attributes {
		a := &b.Attributes[i]
		d := map[string]any{"type": a.Type, "description": meaning(a), "description_kind": "plain", "optional": !a.Required}
		if a.Required {
			d["required"] = true
			delete(d, "optional")
		}
		if a.Sensitive {
			d["sensitive"] = true
		}
		if _, both := result[a.Name]; both {
			d["computed"] = true
		}
		attrs[a.Name] = d
	}
	doc := map[string]any{"attributes": attrs, "description": description, "description_kind": "plain"}
	if len(b.Blocks) > 0 {
		blocks := map[string]any{}
		for i := range b.Blocks {
			n := &b.Blocks[i]
			mode := "single"
			if n.Repeated {
				mode = "list"
			}
			blocks[n.Name] = map[string]any{"nesting_mode": mode, "block": bodyDoc(&n.Body, n.Description, nil)}
		}
		doc["block_types"] = blocks
	}
	return doc
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
