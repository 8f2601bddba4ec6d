package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"reportsync/internal/sandbox"
)

// The environment variables that order faults, and set the services up, for
// -sandbox.
const (
	faultsEnv  = "REPORTSYNC_SANDBOX_FAULTS"
	profileEnv = "REPORTSYNC_SANDBOX_PROFILE"
)

// sandboxOptions are the options of the sandbox command.
type sandboxOptions struct {
	listen  string
	speed   float64
	faults  string
	profile string
	dir     string
	advance string
}

func newSandboxCmd(a *app) *cobra.Command {
	o := &sandboxOptions{}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the built-in simulators as a server",
		Long: `sandbox serves the built-in simulators on a loopback port until it is interrupted,
and prints provider blocks to paste. They keep their memory in
.reportsync/sandbox/, where -sandbox of the other commands looks, too.

With -advance it only moves the sandbox's clock forward and ends.`,
		Example: `  reportsync sandbox -listen=127.0.0.1:8080
  reportsync sandbox -advance=3h
  reportsync sandbox -faults=reset:data:2,lost-answer:generate:1`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSandbox(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "loopback address to listen on")
	f.Float64Var(&o.speed, "speed", 1, "how many times faster than the wall clock the sandbox's runs")
	f.StringVar(&o.faults, "faults", "", "misbehave: NAME, NAME:ENDPOINT or NAME:ENDPOINT:WHICH, separated by commas")
	f.StringVar(&o.profile, "profile", "", "set the services up: NAME=VALUE or PROVIDER.NAME=VALUE, separated by commas")
	f.StringVar(&o.dir, "dir", "", "folder of the memory (default .reportsync/sandbox)")
	f.StringVar(&o.advance, "advance", "", "move the sandbox's clock forward by this much, and end")
	return cmd
}

func (a *app) runSandbox(ctx context.Context, o *sandboxOptions) (err error) {
	faults, err := sandbox.ParseFaults(o.faults)
	if err != nil {
		return usage("See docs/sandbox.md for the faults there are.", "-faults: %s", err)
	}
	profile, err := sandbox.ParseProfile(o.profile)
	if err != nil {
		return usage("See docs/sandbox.md for the switches there are.", "-profile: %s", err)
	}
	if !(o.speed >= 1 && o.speed <= 1e6) { // NaN is not either
		return usage("Use a factor from 1 to 1000000.", "-speed: %g is out of range", o.speed)
	}
	dir := a.abs(o.dir)
	if o.dir == "" {
		dir = filepath.Join(a.env.Dir, ".reportsync", "sandbox")
		if a.config != "" {
			dir = filepath.Join(filepath.Dir(a.abs(a.config)), ".reportsync", "sandbox")
		}
	}
	opt := sandbox.Options{Dir: dir, Wall: a.env.Clock, Speed: o.speed, Faults: faults, Profile: profile, Addr: o.listen, Log: a.log}
	if o.advance != "" {
		return a.advance(ctx, opt, o.advance)
	}
	srv, err := sandbox.Start(ctx, opt)
	if err != nil {
		return usage("Choose a free address of this machine with -listen=127.0.0.1:PORT, and a folder for its memory with -dir.", "start the sandbox: %s", err)
	}
	defer closing(&err, srv.Close)
	d := srv.Describe()
	a.view.Say("The sandbox listens on %s; its memory is in %s. Interrupt to stop.", d.Address, d.Dir)
	for i := range d.Services {
		s := &d.Services[i]
		if types()[s.Provider] == nil {
			continue // nothing here could talk to it yet
		}
		a.view.Say("\nprovider %q {", s.Provider)
		for _, arg := range s.Block {
			a.view.Say("  %s = %q", arg.Name, arg.Value)
		}
		a.view.Say("}\n")
		var rows [][]string
		for _, r := range s.Reports {
			rows = append(rows, []string{r.ID, r.Name, r.Note})
		}
		if len(rows) > 0 {
			a.view.Table([]string{"id", "report", "what it is good for"}, rows)
		}
	}
	<-ctx.Done()
	return nil
}

// advance moves the clock of a sandbox that nobody need be running.
func (a *app) advance(ctx context.Context, opt sandbox.Options, by string) (err error) {
	d, err := duration("-advance", by)
	if err != nil {
		return err
	}
	opt.Addr, opt.Speed = "", 0
	srv, err := sandbox.Start(ctx, opt)
	if err != nil {
		return fmt.Errorf("start the sandbox: %w", err)
	}
	defer closing(&err, srv.Close)
	srv.Advance(d)
	a.view.Say("The sandbox's clock shows %s now.", srv.Clock().Now().UTC().Format("2006-01-02 15:04 MST"))
	return nil
}
