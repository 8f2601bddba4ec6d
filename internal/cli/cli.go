package cli

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"

	"reportsync/internal/crash"
	"reportsync/internal/view"
)

// app is one call of the tool: its environment, global options and view.
type app struct {
	env  Env
	view *view.View
	log  *slog.Logger

	chdir     string
	config    string
	noColor   bool
	logLevel  string
	logFormat string
	sandbox   bool
	// json and markdown are set by commands whose output is to be that.
	json, markdown bool
}

// Main runs the tool and returns its exit status.
func Main(env Env) int {
	a := &app{env: env}
	root := newRootCmd(a)
	args := dashes(env.Args, longFlags(root))
	// Wrong usage is reported as JSON, too, so this is known before flags are parsed.
	a.json = slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
	a.view = a.newView()
	code := a.run(root, args)
	a.summary(root, args, code)
	return code
}

// run executes the command. A panic becomes an error like any other.
func (a *app) run(root *cobra.Command, args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			code = a.report(crash.Of(v))
		}
	}()
	root.SetArgs(args)
	ctx, hard, stop := a.contexts()
	defer stop()
	return a.report(root.ExecuteContext(context.WithValue(ctx, hardKey{}, hard)))
}

// summary is the last line of a run whose output is JSON, however it ended.
func (a *app) summary(root *cobra.Command, args []string, code int) {
	if !a.json {
		return
	}
	cmd, _, err := root.Find(args)
	if err == nil && slices.Contains([]string{"plan", "apply", "destroy"}, cmd.Name()) {
		a.view.RunSummary(view.RunSummary{ExitCode: code, Command: cmd.Name()})
	}
}

// report prints an error that nobody has printed yet and returns the status.
func (a *app) report(err error) int {
	code := codeOf(err)
	if p, ok := errors.AsType[*crash.Panic](err); ok {
		a.crashed(p)
		return code
	}
	if s, ok := errors.AsType[*exitStatus](err); ok {
		if s.err != nil {
			a.view.Error(title(code), s.err.Error(), s.hint)
		}
		return code
	}
	if err != nil {
		a.view.Error(title(code), err.Error(), hint(err))
	}
	return code
}

// crashed tells of a panic.
func (a *app) crashed(p *crash.Panic) {
	a.view.Error("Internal error", p.Reason, "This is a bug. State and files are consistent: the journal is written before anything is done. "+
		"Run the command again with -log-level=debug and report what it prints.")
	if a.logLevel == "debug" || a.logLevel == "trace" {
		_, _ = a.view.Log().Write(p.Stack)
	}
}

// title is the first line of an error.
func title(code int) string {
	switch code {
	case exitUsage:
		return "Wrong usage"
	case exitLocked:
		return "State is locked"
	case exitStale:
		return "Saved plan cannot be applied"
	case exitInterrupted:
		return "Interrupted"
	}
	return "Command failed"
}

func (a *app) newView() *view.View {
	color := a.env.StdoutTTY && !a.noColor && !a.env.set("NO_COLOR")
	if t, ok := a.env.lookup("TERM"); ok && t == "dumb" {
		color = false
	}
	return view.New(view.Streams{
		Out: a.env.Stdout, Err: a.env.Stderr, OutTTY: a.env.StdoutTTY, ErrTTY: a.env.StderrTTY, Width: a.env.Width,
	}, view.Options{Color: color, JSON: a.json, Now: a.env.Clock.Now})
}

type hardKey struct{}

// hardOf is the context that only a second interrupt ends.
func hardOf(ctx context.Context) context.Context {
	if h, ok := ctx.Value(hardKey{}).(context.Context); ok {
		return h
	}
	return ctx
}

// contexts returns one context that the first signal ends and one that the second
// ends.
func (a *app) contexts() (soft, hard context.Context, stop func()) {
	hard, endHard := context.WithCancelCause(context.Background())
	soft, endSoft := context.WithCancelCause(hard)
	quit := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-quit:
				return
			case <-a.env.Signals:
			}
			if n == 0 {
				a.view.Warn("Interrupted: nothing new is started, what runs is being recorded. Interrupt again to stop at once.")
				endSoft(errInterrupted)
				continue
			}
			endHard(errInterrupted)
		}
	}()
	return soft, hard, func() {
		close(quit)
		endHard(nil)
	}
}

func newRootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "reportsync",
		Short: "Keep a local, verifiable copy of the reports you declare",
		Long: `reportsync keeps a local, verifiable copy of the reports that a company makes in
SaaS services. Declare the exports you want in HCL; plan shows what is missing,
apply fetches it, and running it again does nothing until there is something new.`,
		Version:           Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.prepare(cmd.Flags()) },
	}
	f := root.PersistentFlags()
	f.StringVar(&a.chdir, "chdir", "", "switch to this folder first")
	f.StringVar(&a.config, "config", "", "use a single file, or another folder, instead of the working folder's *.hcl")
	f.BoolVar(&a.noColor, "no-color", false, "print without colour (so does NO_COLOR)")
	f.StringVar(&a.logLevel, "log-level", "", "log to stderr: error, warn, info, debug, trace")
	f.StringVar(&a.logFormat, "log-format", "text", "format of the log: text, json")
	f.BoolVar(&a.sandbox, "sandbox", false, "run against built-in simulators, with no credentials")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpTemplate(helpTemplate)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newInitCmd(a), newValidateCmd(a), newFmtCmd(a), newPlanCmd(a), newApplyCmd(a), newDestroyCmd(a),
		newShowCmd(a), newOutputCmd(a), newVersionsCmd(a), newHistoryCmd(a), newVerifyCmd(a), newDiffCmd(a),
		newStateCmd(a), newImportCmd(a), newForceUnlockCmd(a), newGraphCmd(a), newConsoleCmd(a), newDoctorCmd(a), newGenerateCmd(a), newDiscoverCmd(a),
		newProvidersCmd(a), newVersionCmd(a), newSandboxCmd(a),
	)
	root.SetHelpCommand(newHelpCmd(root))
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout) // before completion is made, which keeps it
	root.SetErr(a.env.Stderr)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			completionUsage(c)
		}
	}
	root.Args = unknownCommand(root)
	completeAddresses(a, root)
	return root
}

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}
` + exitHelp
