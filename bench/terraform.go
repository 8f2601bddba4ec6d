package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// terraform is the program of that name, run without a user's settings and
// without a word to its makers' servers.
type terraform struct {
	path string
	env  []string
}

// terraform returns nil, and says so, where there is none.
func (b *bench) terraform() *terraform {
	path, err := exec.LookPath("terraform")
	if err != nil {
		b.say("terraform is not on the PATH: the comparison with it is left out")
		return nil
	}
	return &terraform{path, []string{"TF_CLI_CONFIG_FILE=" + os.DevNull, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1"}}
}

func (t *terraform) command(dir string, args ...string) command {
	return command{path: t.path, args: args, dir: dir, env: t.env}
}

func (t *terraform) version(dir string) command { return t.command(dir, "version") }

func (t *terraform) plan(dir string) command {
	return t.command(dir, "plan", "-input=false", "-no-color", "-detailed-exitcode")
}

func (t *terraform) apply(dir string) command {
	return t.command(dir, "apply", "-input=false", "-no-color", "-auto-approve")
}

// object is an instance in a state file.
type object struct {
	SchemaVersion int            `json:"schema_version"`
	Attributes    map[string]any `json:"attributes"`
	Sensitive     []string       `json:"sensitive_attributes"`
}

// resource is a block in a state file.
type resource struct {
	Mode      string   `json:"mode"`
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Provider  string   `json:"provider"`
	Instances []object `json:"instances"`
}

// write writes a configuration of n of terraform's own small objects, one block
// each, and if they are to exist already, the state that says so: terraform itself
// would take minutes to make some thousands of them.
func (t *terraform) write(dir string, n int, exist bool) error {
	var text strings.Builder
	var resources []resource
	for i := range n {
		name, input := fmt.Sprintf("r%05d", i+1), fmt.Sprintf("report %d", i+1)
		fmt.Fprintf(&text, "resource \"terraform_data\" %q {\n  input = %q\n}\n\n", name, input)
		value := map[string]any{"value": input, "type": "string"}
		resources = append(resources, resource{
			Mode: "managed", Type: "terraform_data", Name: name, Provider: `provider["terraform.io/builtin/terraform"]`,
			Instances: []object{{
				Attributes: map[string]any{"id": fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1), "input": value, "output": value, "triggers_replace": nil},
				Sensitive:  []string{},
			}},
		})
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text.String()), 0o600); err != nil || !exist {
		return err
	}
	state, err := json.MarshalIndent(map[string]any{
		"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "00000000-0000-4000-8000-000000000000",
		"outputs": map[string]any{}, "resources": resources, "check_results": nil,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "terraform.tfstate"), state, 0o600)
}
