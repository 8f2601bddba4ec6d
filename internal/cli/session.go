package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/pflag"

	"reportsync/internal/config"
	"reportsync/internal/engine"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/providers/market"
	"reportsync/internal/providers/planfix"
	"reportsync/internal/providers/planfixxml"
	"reportsync/internal/providers/tracker"
	"reportsync/internal/sandbox"
	"reportsync/internal/schema"
	"reportsync/internal/state"
)

// types registers the providers: one line each.
func types() map[string]*providers.Type {
	list := []*providers.Type{
		planfix.Type(),
		planfixxml.Type(),
		market.Type(),
		tracker.Type(),
	}
	m := make(map[string]*providers.Type, len(list))
	for _, t := range list {
		m[t.Schema.Name] = t
	}
	return m
}

func schemas() []schema.Provider {
	var out []schema.Provider
	for _, t := range types() {
		out = append(out, t.Schema)
	}
	slices.SortFunc(out, func(a, b schema.Provider) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// prepare applies the global flags, before the command runs.
func (a *app) prepare(given *pflag.FlagSet) error {
	if err := needValues(given); err != nil {
		return err
	}
	if a.chdir != "" {
		dir := a.abs(a.chdir)
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			return usage("Give a folder that exists.", "-chdir: %s", err)
		case !info.IsDir():
			return usage("Give a folder.", "-chdir: %s is not a folder", dir)
		}
		a.env.Dir = dir
	}
	if err := a.prepareLog(); err != nil {
		return err
	}
	a.view = a.newView()
	return nil
}

var logLevels = map[string]slog.Level{
	"error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug, "trace": slog.LevelDebug - 4,
}

func (a *app) prepareLog() error {
	if a.logFormat != "text" && a.logFormat != "json" {
		return usage("Use text or json.", "-log-format: %q is not a format", a.logFormat)
	}
	if a.logLevel == "" {
		a.log = slog.New(slog.DiscardHandler)
		return nil
	}
	level, ok := logLevels[a.logLevel]
	if !ok {
		return usage("Use error, warn, info, debug or trace.", "-log-level: %q is not a level", a.logLevel)
	}
	opts := &slog.HandlerOptions{Level: level}
	var w io.Writer = a.view.Log()
	a.log = slog.New(slog.NewTextHandler(w, opts))
	if a.logFormat == "json" {
		a.log = slog.New(slog.NewJSONHandler(w, opts))
	}
	return nil
}

// abs makes a path absolute against the working folder.
func (a *app) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(a.env.Dir, path)
}

// vars are the flags that set variables.
type vars struct{ sources []config.VarSource }

func (v *vars) flags(f *pflag.FlagSet) {
	f.Var(varFlag{v, false}, "var", "set a variable: NAME=VALUE")
	f.Var(varFlag{v, true}, "var-file", "read variables from a file")
}

// varFlag keeps -var and -var-file in the order in which they were given.
type varFlag struct {
	vars *vars
	file bool
}

func (f varFlag) String() string { return "" }

func (f varFlag) Type() string {
	if f.file {
		return "FILE"
	}
	return "NAME=VALUE"
}

func (f varFlag) Set(s string) error {
	if f.file {
		if s == "" {
			return errors.New("it names no file")
		}
		f.vars.sources = append(f.vars.sources, config.VarSource{File: s})
		return nil
	}
	name, value, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New("the value is not of the form NAME=VALUE") // what it is may be a secret
	}
	f.vars.sources = append(f.vars.sources, config.VarSource{Name: strings.TrimSpace(name), Value: value})
	return nil
}

// parse reads the configuration. Commands that only check it, and the sandbox, do
// not need every variable.
func (a *app) parse(v vars, allowUnset bool) (*config.Config, hcl.Diagnostics) {
	cfg, diags := config.Load(config.Options{
		Dir: a.env.Dir, Path: a.config, Schemas: schemas(), Vars: v.sources, Environ: a.env.Environ,
		Now: a.env.Clock.Now(), Version: Version, WorkDir: a.env.Dir, AllowUnset: allowUnset,
	})
	if cfg != nil {
		a.view.SetRedact(cfg.Sensitive())
	}
	return cfg, diags
}

// load reads the configuration and prints what is wrong with it.
func (a *app) load(v vars) (*config.Config, error) {
	cfg, diags := a.parse(v, a.sandbox)
	var files map[string]*hcl.File
	if cfg != nil {
		files = cfg.Files
	}
	a.view.Diagnostics(diags, files)
	if diags.HasErrors() {
		return nil, status(exitError)
	}
	return cfg, nil
}

// session is a configuration with everything that a run over it needs.
type session struct {
	*app
	cfg *config.Config
	opt engine.Options
	sim *sandbox.Server
}

// open makes a session; with -sandbox it starts the simulators.
func (a *app) open(ctx context.Context, v vars, command string) (*session, error) {
	cfg, err := a.load(v)
	if err != nil {
		return nil, err
	}
	s := &session{app: a, cfg: cfg}
	s.opt = engine.Options{
		Config: cfg, Types: types(), Transport: a.env.Transport, Clock: a.env.Clock, Log: a.log, Version: Version,
		Command: command, User: a.env.User, Host: a.env.Host, PID: a.env.PID,
		Place: a.env.Place, Gone: a.env.Gone,
		StatePath: cfg.StatePath, ExportRoot: cfg.ExportRoot,
	}
	if !a.sandbox {
		return s, nil
	}
	text, _ := a.env.lookup(faultsEnv)
	faults, err := sandbox.ParseFaults(text)
	if err != nil {
		return nil, usage("See docs/sandbox.md for the faults there are.", "%s: %s", faultsEnv, err)
	}
	text, _ = a.env.lookup(profileEnv)
	profile, err := sandbox.ParseProfile(text)
	if err != nil {
		return nil, usage("See docs/sandbox.md for the switches there are.", "%s: %s", profileEnv, err)
	}
	dir := sandboxDir(cfg)
	s.sim, err = sandbox.Start(ctx, sandbox.Options{Dir: dir, Wall: a.env.Clock, Faults: faults, Profile: profile, Log: a.log})
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	s.opt.Clock = s.sim.Clock()
	s.opt.Override, s.opt.Transport = inside(s.sim)
	s.opt.StatePath = filepath.Join(dir, stem(cfg)+".db")
	s.opt.ExportRoot = filepath.Join(dir, "exports", cfg.Stem)
	a.env.Clock = s.sim.Clock()
	a.view = a.newView()
	a.view.SetRedact(cfg.Sensitive())
	return s, nil
}

// sandboxHost stands for the simulators in addresses. Their port is another one in
// each run, but an account is the same account.
const sandboxHost = "localhost"

// inside returns what leads providers to the simulators: arguments in place of the
// configured ones, and a transport that connects to nothing else, whatever address
// it is given.
func inside(sim *sandbox.Server) (func(provider string) map[string]string, http.RoundTripper) {
	over := func(provider string) map[string]string {
		args := sim.Credentials(provider)
		if args != nil {
			args["base_url"] = strings.Replace(args["base_url"], sim.Addr(), sandboxHost, 1)
		}
		return args
	}
	var d net.Dialer
	return over, &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, sim.Addr())
		},
		MaxIdleConnsPerHost: 10,
	}
}

func sandboxDir(cfg *config.Config) string { return filepath.Join(cfg.Root, ".reportsync", "sandbox") }

func stem(cfg *config.Config) string {
	if cfg.Stem == "" {
		return "state"
	}
	return cfg.Stem
}

func (s *session) close() error {
	if s.sim == nil {
		return nil
	}
	return s.sim.Close()
}

// root is the export root as people see it: relative where that is shorter.
func (s *session) root() string {
	rel, err := filepath.Rel(s.env.Dir, s.opt.ExportRoot)
	if err != nil || len(rel) >= len(s.opt.ExportRoot) {
		return s.opt.ExportRoot
	}
	return rel
}

// diagnostics prints diagnostics with the configuration's source.
func (s *session) diagnostics(diags hcl.Diagnostics) {
	s.view.SetRedact(s.cfg.Sensitive())
	s.view.Diagnostics(diags, s.cfg.Files)
}

// addresses parses addresses given on the command line.
func addresses(flag string, list []string) ([]export.Address, error) {
	out := make([]export.Address, 0, len(list))
	for _, s := range list {
		addr, err := export.ParseAddress(s)
		if err != nil {
			return nil, usage("Quote the brackets for your shell: 'planfix_report.weekly[\"Sales\"]'.", "%s: %s", flag, err)
		}
		out = append(out, addr)
	}
	return out, nil
}

// closing joins the error of a deferred close to a command's own.
func closing(err *error, c func() error) {
	if cerr := c(); cerr != nil && *err == nil {
		*err = errors.Join(*err, cerr)
	}
}

// hint is the way out that an error knows of.
func hint(err error) string {
	if _, ok := errors.AsType[*state.ErrLocked](err); ok {
		return "Wait for it with -lock-timeout=10m. The lock of a process that has died expires by itself within a minute; 'reportsync force-unlock' takes it at once."
	}
	if e, ok := errors.AsType[*state.Error](err); ok {
		return e.Hint
	}
	return providers.HintOf(err)
}
