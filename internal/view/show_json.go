package view

import (
	"encoding/json"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// Versions of the documents, as Terraform's own have them, so that tools written for
// those read ours.
const (
	planFormatVersion  = "1.2"
	stateFormatVersion = "1.0"
)

// PlanDoc is a saved plan as a document: Terraform's plan, and under one key what
// that has no place for.
type PlanDoc struct {
	FormatVersion    string               `json:"format_version"`
	TerraformVersion string               `json:"terraform_version"`
	Variables        map[string]valueDoc  `json:"variables,omitempty"`
	ResourceChanges  []resourceChangeDoc  `json:"resource_changes"`
	OutputChanges    map[string]changeDoc `json:"output_changes,omitempty"`
	Timestamp        string               `json:"timestamp"`
	Applyable        bool                 `json:"applyable"`
	Complete         bool                 `json:"complete"`
	Errored          bool                 `json:"errored"`
	Reportsync       reportsyncDoc        `json:"reportsync"`
}

type valueDoc struct {
	Value json.RawMessage `json:"value"`
}

type resourceChangeDoc struct {
	Address         string    `json:"address"`
	PreviousAddress string    `json:"previous_address,omitempty"`
	Mode            string    `json:"mode"`
	Type            string    `json:"type"`
	Name            string    `json:"name"`
	Index           any       `json:"index,omitempty"`
	ProviderName    string    `json:"provider_name"`
	Change          changeDoc `json:"change"`
}

type changeDoc struct {
	Actions         []string        `json:"actions"`
	Before          json.RawMessage `json:"before"`
	After           json.RawMessage `json:"after"`
	AfterUnknown    any             `json:"after_unknown"`
	BeforeSensitive any             `json:"before_sensitive"`
	AfterSensitive  any             `json:"after_sensitive"`
}

type reportsyncDoc struct {
	Version  string         `json:"version"`
	Steps    []StepDoc      `json:"steps"`
	Summary  map[string]int `json:"summary"`
	Estimate EstimateDoc    `json:"estimate"`
}

// PlanFile prints a saved plan as a document.
func (v *View) PlanFile(f *plan.File, p *plan.Plan) error { return v.Document(NewPlanDoc(f, p)) }

// NewPlanDoc describes a saved plan.
func NewPlanDoc(f *plan.File, p *plan.Plan) *PlanDoc {
	d := &PlanDoc{
		FormatVersion: planFormatVersion, TerraformVersion: f.Version, ResourceChanges: []resourceChangeDoc{},
		Timestamp: f.CreatedAt.UTC().Format(time.RFC3339), Applyable: !p.Empty() || len(f.Outputs) > 0, Complete: !f.Incomplete,
		Reportsync: reportsyncDoc{Version: f.Version, Steps: []StepDoc{}, Summary: StepSummary(p), Estimate: NewEstimateDoc(p.Estimate)},
	}
	for name, value := range f.Values {
		if d.Variables == nil {
			d.Variables = map[string]valueDoc{}
		}
		d.Variables[name] = valueDoc{value}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		d.ResourceChanges = append(d.ResourceChanges, newResourceChange(c))
		for j := range c.Steps {
			d.Reportsync.Steps = append(d.Reportsync.Steps, NewStepDoc(c.Address, &c.Steps[j]))
		}
	}
	for _, o := range f.Outputs {
		if d.OutputChanges == nil {
			d.OutputChanges = map[string]changeDoc{}
		}
		d.OutputChanges[o.Name] = changeDoc{
			Actions: outputActions(o), Before: orNull(o.Before), After: orNull(o.After),
			AfterUnknown: o.Unknown, BeforeSensitive: o.Sensitive, AfterSensitive: o.Sensitive,
		}
	}
	return d
}

func newResourceChange(c *plan.Change) resourceChangeDoc {
	r := resourceChangeDoc{
		Address: c.Address.String(), Mode: "managed", Type: c.Address.Type, Name: c.Address.Name, ProviderName: c.Provider,
		Change: changeDoc{
			Before: orNull(c.Before), After: orNull(c.After),
			AfterUnknown: map[string]bool{}, BeforeSensitive: map[string]bool{}, AfterSensitive: map[string]bool{},
		},
	}
	if c.Address.HasKey {
		r.Index = c.Address.Key
	}
	for _, name := range c.Deferred {
		r.Change.AfterUnknown.(map[string]bool)[name] = true
	}
	for _, a := range c.Actions {
		r.Change.Actions = append(r.Change.Actions, string(a))
	}
	if len(c.Steps) > 0 && c.Steps[0].Action == plan.StepMove && c.Steps[0].Version.ID == "" {
		r.PreviousAddress = c.Steps[0].From
	}
	return r
}

func outputActions(o plan.FileOutput) []string {
	switch {
	case o.Before == nil:
		return []string{string(plan.Create)}
	case o.After == nil && !o.Unknown:
		return []string{string(plan.Delete)}
	}
	return []string{string(plan.Update)}
}

func orNull(text json.RawMessage) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage("null")
	}
	return text
}

// StateDoc is the state as a document: Terraform's state, in which an instance is a
// resource whose values are its arguments and versions.
type StateDoc struct {
	FormatVersion    string         `json:"format_version"`
	TerraformVersion string         `json:"terraform_version"`
	Values           stateValuesDoc `json:"values"`
}

type stateValuesDoc struct {
	Outputs    map[string]outputJSON `json:"outputs"`
	RootModule rootModuleDoc         `json:"root_module"`
}

type rootModuleDoc struct {
	Resources []resourceDoc `json:"resources"`
}

type resourceDoc struct {
	Address         string            `json:"address"`
	Mode            string            `json:"mode"`
	Type            string            `json:"type"`
	Name            string            `json:"name"`
	Index           any               `json:"index,omitempty"`
	ProviderName    string            `json:"provider_name"`
	SchemaVersion   int               `json:"schema_version"`
	Values          map[string]any    `json:"values"`
	SensitiveValues map[string]string `json:"sensitive_values"`
}

// State prints the state as a document. Outputs that are sensitive are named without
// their value.
func (v *View) State(version string, known []*export.Known, outputs []OutputValue) error {
	d := &StateDoc{FormatVersion: stateFormatVersion, TerraformVersion: version}
	d.Values.Outputs = v.outputDocs(outputs)
	d.Values.RootModule.Resources = make([]resourceDoc, 0, len(known))
	for _, k := range known {
		d.Values.RootModule.Resources = append(d.Values.RootModule.Resources, newResource(k))
	}
	return v.Document(d)
}

func newResource(k *export.Known) resourceDoc {
	r := resourceDoc{
		Address: k.Address.String(), Mode: "managed", Type: k.Address.Type, Name: k.Address.Name, ProviderName: k.Provider,
		Values: map[string]any{}, SensitiveValues: map[string]string{},
	}
	if k.Address.HasKey {
		r.Index = k.Address.Key
	}
	var args map[string]json.RawMessage
	if json.Unmarshal(k.Attributes, &args) == nil {
		for name, value := range args {
			r.Values[name] = value
		}
	}
	versions := k.Versions
	if versions == nil {
		versions = []export.KnownVersion{}
	}
	r.Values["id"], r.Values["versions"] = k.Address.String(), versions
	return r
}
