package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed init/main.hcl
var starterConfig string

// ignored are the lines that init adds to .gitignore.
var ignored = []string{".reportsync/", "*.rsplan", "*.auto.rsvars", "reportsync.rsvars"}

func newInitCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a commented starter configuration",
		Long: `init writes main.hcl, a commented starter configuration, and adds lines to
.gitignore that keep state, saved plans and variable files out of the repository.
It never overwrites: in a folder that has a configuration it only adds what
.gitignore lacks.`,
		Example: `  reportsync init
  reportsync -chdir=reports init`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.runInit() },
	}
}

func (a *app) runInit() error {
	have, err := filepath.Glob(filepath.Join(a.env.Dir, "*.hcl*"))
	if err != nil {
		return fmt.Errorf("look for a configuration: %w", err)
	}
	if len(have) > 0 {
		a.view.Say("There is a configuration already (%s); it was left as it is.", filepath.Base(have[0]))
	} else {
		f, err := os.OpenFile(filepath.Join(a.env.Dir, "main.hcl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("write main.hcl: %w", err)
		}
		_, werr := f.WriteString(starterConfig)
		if err := errors.Join(werr, f.Close()); err != nil {
			return fmt.Errorf("write main.hcl: %w", err)
		}
		a.view.Say("Wrote main.hcl.")
	}
	added, err := ignore(filepath.Join(a.env.Dir, ".gitignore"))
	if err != nil {
		return fmt.Errorf("extend .gitignore: %w", err)
	}
	if len(added) > 0 {
		a.view.Say("Added to .gitignore: %s", strings.Join(added, ", "))
	}
	a.view.Say("\nTry it without credentials:\n  reportsync plan -sandbox\n  reportsync apply -sandbox")
	return nil
}

// ignore adds the lines that a .gitignore lacks and returns them.
func ignore(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	have := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		have[strings.TrimSpace(line)] = true
	}
	var missing []string
	for _, line := range ignored {
		if !have[line] {
			missing = append(missing, line)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	text := strings.Join(missing, "\n") + "\n"
	if len(data) > 0 && data[len(data)-1] != '\n' {
		text = "\n" + text
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	_, werr := f.WriteString(text)
	return missing, errors.Join(werr, f.Close())
}
