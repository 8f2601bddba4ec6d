package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/state"
)

// completeAddresses lets shells complete addresses: the arguments of commands whose
// usage names ADDR, and the flags that take one.
func completeAddresses(a *app, root *cobra.Command) {
	for _, c := range root.Commands() {
		completeAddresses(a, c)
		n := strings.Count(c.Use, "ADDR")
		if strings.HasSuffix(c.Use, "FROM TO") {
			n = 2
		}
		if n > 0 {
			many := strings.Contains(c.Use, "ADDR]...") || strings.Contains(c.Use, "ADDR...")
			versions := strings.Contains(c.Use, "[FROM")
			c.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				switch {
				case versions && len(args) > 0 && len(args) < 3:
					return a.knownVersions(cmd, args[0]), cobra.ShellCompDirectiveNoFileComp
				case !many && len(args) >= n:
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return a.knownAddresses(cmd), cobra.ShellCompDirectiveNoFileComp
			}
		}
		for _, name := range []string{"target", "exclude", "replace"} {
			if c.Flags().Lookup(name) != nil {
				// It fails only for a flag that does not exist, or that is registered twice.
				_ = c.RegisterFlagCompletionFunc(name, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
					return a.knownAddresses(cmd), cobra.ShellCompDirectiveNoFileComp
				})
			}
		}
	}
}

// knownAddresses are the blocks of the configuration and the instances of the state.
// What cannot be read is left out: a shell has no place for errors.
func (a *app) knownAddresses(cmd *cobra.Command) []string {
	cfg, snap := a.glance(cmd)
	seen := map[string]bool{}
	if cfg != nil {
		nodes := cfg.Nodes()
		for i := range nodes {
			if nodes[i].Kind == config.ExportNode {
				seen[nodes[i].Address.String()] = true
			}
		}
	}
	if snap != nil {
		for addr := range snap.Instances {
			seen[addr.String()] = true
		}
	}
	return sortedKeys(seen)
}

// knownVersions are the versions of an instance that have files, newest first.
func (a *app) knownVersions(cmd *cobra.Command, addr string) []string {
	_, snap := a.glance(cmd)
	at, err := export.ParseAddress(addr)
	if err != nil || snap == nil || snap.Instances[at] == nil {
		return nil
	}
	var out []string
	for _, v := range slices.Backward(snap.Instances[at].Versions) {
		if v.Status == export.Kept {
			out = append(out, v.ID)
		}
	}
	return out
}

// glance reads configuration and state as far as they can be read.
func (a *app) glance(cmd *cobra.Command) (*config.Config, *export.Snapshot) {
	if err := a.prepare(cmd.Flags()); err != nil {
		return nil, nil
	}
	cfg, diags := a.parse(vars{}, true)
	if cfg == nil || diags.HasErrors() {
		return nil, nil
	}
	path := cfg.StatePath
	if a.sandbox {
		path = filepath.Join(sandboxDir(cfg), stem(cfg)+".db")
	}
	ctx := context.WithoutCancel(cmd.Context())
	st, err := state.OpenReadOnly(ctx, path)
	if err != nil {
		return cfg, nil
	}
	snap, err := st.Snapshot(ctx)
	if err != nil {
		snap = nil
	}
	_ = st.Close() // nothing was written
	return cfg, snap
}
