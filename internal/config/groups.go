package config

import "github.com/hashicorp/hcl/v2"

// checkGroups checks the arguments of which one, or at most one, may be set. Only
// what is known counts against a group. excused groups with nothing set are no
// mistake.
func checkGroups(a *args, attrs, blocks []*decoded, excused func(group []string) bool) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, group := range a.shape.own.ExactlyOne {
		got, maybe := setOf(a.shape, group, attrs, blocks)
		switch {
		case len(got) > 1:
			diags = append(diags, diag(a.rangeOf(got[1]), "Conflicting arguments",
				"Exactly one of %s must be set; %s are.", listing(quoted(group), "and"), listing(quoted(got), "and")))
		case len(got)+maybe == 0 && (excused == nil || !excused(group)):
			diags = append(diags, diag(a.rng, "Missing argument", "Exactly one of %s must be set; none is.%s", listing(quoted(group), "and"), envHint(a, group)))
		}
	}
	for _, group := range a.shape.own.AtMostOne {
		if got, _ := setOf(a.shape, group, attrs, blocks); len(got) > 1 {
			diags = append(diags, diag(a.rangeOf(got[1]), "Conflicting arguments",
				"At most one of %s may be set; %s are.", listing(quoted(group), "and"), listing(quoted(got), "and")))
		}
	}
	return diags
}

// setOf returns the names that are set for sure, and how many may be.
func setOf(s *shape, group []string, attrs, blocks []*decoded) (sure []string, maybe int) {
	for _, name := range group {
		v := pick(s, name, attrs, blocks)
		switch {
		case v == nil:
		case v.unknown && !v.value.IsKnown():
			maybe++
		case v.set:
			sure = append(sure, name)
		}
	}
	return sure, maybe
}

// envHint names the environment variables that could have set one of a group.
func envHint(a *args, group []string) string {
	var vars []string
	for _, name := range group {
		if at := a.shape.own.Attribute(name); at != nil && at.Env != "" {
			vars = append(vars, at.Env)
		}
	}
	if len(vars) == 0 {
		return ""
	}
	return " The environment can set it too: " + listing(vars, "or") + "."
}

// pick returns what was decoded for a name, nil when the schema has no such name.
func pick(s *shape, name string, attrs, blocks []*decoded) *decoded {
	for i := range s.attrs {
		if s.attrs[i].Name == name {
			return attrs[i]
		}
	}
	for i := range s.blocks {
		if s.blocks[i].Name == name {
			return blocks[i]
		}
	}
	return nil
}
