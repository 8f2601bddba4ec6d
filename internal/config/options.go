package config

import (
	"strings"
	"time"

	"reportsync/internal/schema"
)

// Options are what a configuration is loaded from. Everything outside the files
// is handed in here.
type Options struct {
	// Dir is the absolute working folder.
	Dir string
	// Path is a file or a folder, relative to Dir; empty means Dir.
	Path string
	// Schemas are the known providers.
	Schemas []schema.Provider
	// Vars are -var and -var-file in the order of the command line.
	Vars []VarSource
	// Environ is the environment, as os.Environ returns it.
	Environ []string
	// Now is the moment the run began.
	Now time.Time
	// Version is the tool's version, for required_version; empty or not a
	// semantic version skips the check.
	Version string
	// WorkDir is path.cwd; empty means Dir.
	WorkDir string
	// AllowUnset makes required variables without a value unknown instead of an
	// error, for commands that only check.
	AllowUnset bool
}

// VarSource is one -var or -var-file.
type VarSource struct {
	Name, Value string
	// File is the path of a -var-file, relative to Options.Dir; Name and Value are
	// empty then.
	File string
}

// envPrefix starts the names of environment variables that set variables.
const envPrefix = "REPORTSYNC_VAR_"

// environment indexes the environment; later entries win, as they do in a process.
func environment(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, kv := range list {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}
