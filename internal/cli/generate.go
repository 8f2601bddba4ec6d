package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"reportsync/internal/config"
	"reportsync/internal/view"
)

// schedules are how often, for cron and for systemd. The minute is an odd one, so
// that not everybody asks a service on the hour.
var schedules = map[string][2]string{
	"hourly": {"17 * * * *", "*-*-* *:17:00"},
	"daily":  {"17 6 * * *", "*-*-* 06:17:00"},
	"weekly": {"17 6 * * 1", "Mon *-*-* 06:17:00"},
}

// generators are what can be printed.
var generators = map[string]func(*view.Schedule) string{
	"cron": view.Cron, "systemd": view.Systemd, "github-action": view.GitHubAction, "gitlab": view.GitLab,
}

func newGenerateCmd(a *app) *cobra.Command {
	var v vars
	var every string
	kinds := strings.Join(sortedKeys(generators), ", ")
	cmd := &cobra.Command{
		Use:   "generate KIND",
		Short: "Print what to install so that apply runs by itself",
		Long: `generate prints what makes apply run on a schedule, for this configuration: lines
for cron, units for systemd, a workflow for GitHub Actions, or jobs for GitLab CI. It
installs nothing. KIND is one of ` + kinds + `.`,
		Example: `  reportsync generate cron -every=hourly
  reportsync generate systemd
  reportsync generate github-action > .github/workflows/reports.yml`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runGenerate(v, args[0], every) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().StringVar(&every, "every", "daily", "hourly, daily or weekly")
	return cmd
}

func (a *app) runGenerate(v vars, kind, every string) error {
	print, ok := generators[kind]
	if !ok {
		return usage("Use one of "+strings.Join(sortedKeys(generators), ", ")+".", "there is nothing to generate for %q", kind)
	}
	times, ok := schedules[every]
	if !ok {
		return usage("Use hourly, daily or weekly.", "-every: %q is not a schedule", every)
	}
	cfg, diags := a.parse(v, true)
	if diags.HasErrors() {
		a.view.Diagnostics(diags, cfg.Files)
		return status(exitError)
	}
	a.view.Text(print(&view.Schedule{
		Every: every, Cron: times[0], Calendar: times[1],
		Dir: cfg.Root, File: a.configFile(cfg), State: relative(cfg.Root, cfg.StatePath), Exports: relative(cfg.Root, cfg.ExportRoot),
		Secrets: secretsOf(cfg),
	}))
	return nil
}

// configFile is the single file of a configuration, empty for a folder.
func (a *app) configFile(cfg *config.Config) string {
	if cfg.Stem == "" {
		return ""
	}
	return filepath.Base(a.config)
}

// relative is a path below a folder, or the path itself.
func relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return path
}

// secretsOf are the variables of the environment that the providers in use read
// their secrets from, and the sensitive variables of the configuration.
func secretsOf(cfg *config.Config) []string {
	used := map[string]bool{}
	nodes := cfg.Nodes()
	for i := range nodes {
		name, _, _ := strings.Cut(nodes[i].Provider, ".")
		used[name] = true
	}
	var out []string
	for _, p := range schemas() {
		for _, at := range p.Body.Attributes {
			if used[p.Name] && at.Sensitive && at.Env != "" {
				out = append(out, at.Env)
			}
		}
	}
	for name, v := range cfg.NewEval().Variables() {
		if v.Sensitive {
			out = append(out, "REPORTSYNC_VAR_"+name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
