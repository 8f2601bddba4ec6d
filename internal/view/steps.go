package view

import (
	"strings"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// verbs are the words for a step that runs and for one that is done.
var verbs = map[plan.StepAction][2]string{
	plan.StepCreate:   {"creating on the service", "created on the service"},
	plan.StepReplace:  {"replacing on the service", "replaced on the service"},
	plan.StepGenerate: {"generating", "generated"},
	plan.StepResume:   {"resuming", "resumed"},
	plan.StepFetch:    {"fetching", "fetched"},
	plan.StepRepair:   {"repairing", "repaired"},
	plan.StepPrune:    {"pruning", "pruned"},
	plan.StepDelete:   {"deleting on the service", "deleted on the service"},
	plan.StepForget:   {"forgetting", "forgotten"},
	plan.StepImport:   {"importing", "imported"},
	plan.StepMove:     {"moving", "moved"},
	plan.StepAdopt:    {"adopting", "adopted"},
}

// doing names a running step: fetching 5388.
func (v *View) doing(s *plan.Step) string { return v.stepVerb(s, 0) }

func (v *View) stepVerb(s *plan.Step, tense int) string {
	word, ok := verbs[s.Action]
	if !ok {
		word = [2]string{v.text(string(s.Action)), v.text(string(s.Action))}
	}
	out := word[tense]
	switch {
	case s.Version.ID != "":
		out += " " + short(v.text(s.Version.ID), 60)
	case s.RequestID != "":
		out += " request " + short(v.text(s.RequestID), 60)
	}
	if p := s.Version.Period; p != nil && p.Name != s.Version.ID {
		out += " for " + short(v.text(p.Name), 40)
	}
	return out
}

// done names a step that is done, with all that came of it.
func (v *View) done(r *plan.StepResult, parts int, root string) string {
	out := v.stepVerb(&r.Step, 1)
	var size, rows string
	switch r.Step.Action {
	case plan.StepFetch, plan.StepRepair, plan.StepAdopt:
		if parts == 0 {
			parts = r.Step.Version.Parts
		}
		if parts > 0 {
			size = plural(parts, "part")
		}
		if r.Rows > 0 || r.Rows == 0 && tabular(r.Files) {
			rows = plural(r.Rows, "row")
		}
		bytes := total(r.Files)
		if bytes == 0 {
			bytes = r.Bytes
		}
		out += parenthesis(list(size, rows, Bytes(bytes)))
	case plan.StepPrune:
		if r.Step.Bytes > 0 {
			out += parenthesis(Bytes(r.Step.Bytes))
		}
	case plan.StepMove:
		out += " from " + shortEnd(v.text(r.Step.From), longestName)
	}
	if where := v.where(r.Files, root); where != "" {
		out += " -> " + where
	}
	return out
}

func parenthesis(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// where names the files of a version: the first, and how many follow.
func (v *View) where(files []export.Artifact, root string) string {
	if len(files) == 0 {
		return ""
	}
	out := shortEnd(v.text(rooted(root, files[0].Path)), longestName)
	if n := len(files) - 1; n > 0 {
		out += " and " + Count(int64(n)) + " more"
	}
	return out
}

func rooted(root, path string) string {
	if root == "" {
		return path
	}
	return strings.TrimSuffix(root, "/") + "/" + path
}

func total(files []export.Artifact) int64 {
	var n int64
	for i := range files {
		n += files[i].Size
	}
	return n
}

// tabular reports whether the files have rows that can be counted.
func tabular(files []export.Artifact) bool {
	for i := range files {
		if files[i].Rows >= 0 {
			return true
		}
	}
	return false
}
