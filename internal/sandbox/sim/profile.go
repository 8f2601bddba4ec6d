package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// AnyNumber among the values of a [Switch] stands for every whole number.
const AnyNumber = "N"

// Switch is something that nobody knows about a service, or that differs between
// its accounts, and that a profile settles.
type Switch struct {
	Name string
	// Values that it can have; the first is what it has without a profile.
	Values []string
	Doc    string
}

// accepts reports whether the switch can have a value.
func (s *Switch) accepts(value string) bool {
	if slices.Contains(s.Values, AnyNumber) {
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			return true
		}
	}
	return value != AnyNumber && slices.Contains(s.Values, value)
}

// Settle returns the values of all switches by name: what each has without a
// profile, or what the settings say; the last of these hold.
func Settle(switches []Switch, settings ...map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(switches))
	for i := range switches {
		values[switches[i].Name] = switches[i].Values[0]
	}
	for _, set := range settings {
		for name, value := range set {
			i := slices.IndexFunc(switches, func(s Switch) bool { return s.Name == name })
			if i < 0 {
				return nil, fmt.Errorf("there is no switch %q", name)
			}
			if !switches[i].accepts(value) {
				return nil, fmt.Errorf("switch %q: %w", name, unknown("value", value, switches[i].Values))
			}
			values[name] = value
		}
	}
	return values, nil
}

// Setting is the value of one switch of a provider's service.
type Setting struct{ Provider, Name, Value string }

// Profile is what was settled; of two settings of a switch the later one holds.
type Profile []Setting

// Of returns the settings of a provider's service, by name.
func (p Profile) Of(provider string) map[string]string {
	m := map[string]string{}
	for _, s := range p {
		if s.Provider == provider {
			m[s.Name] = s.Value
		}
	}
	return m
}

// ParseProfile reads a list of settings, separated by commas, each of the form
// PROVIDER.NAME=VALUE, or NAME=VALUE where only one service has such a switch.
func (c Catalogue) ParseProfile(list string) (Profile, error) {
	var p Profile
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		s, err := c.setting(item)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", item, err)
		}
		p = append(p, s)
	}
	return p, nil
}

func (c Catalogue) setting(item string) (Setting, error) {
	name, value, ok := strings.Cut(item, "=")
	if !ok {
		return Setting{}, fmt.Errorf("it has no value; write NAME=VALUE or PROVIDER.NAME=VALUE")
	}
	var known []string
	var found []Setting
	var of *Switch
	for i := range c {
		for j := range c[i].Switches {
			sw := &c[i].Switches[j]
			full := c[i].Provider + "." + sw.Name
			known = append(known, full)
			if name == full || name == sw.Name {
				found = append(found, Setting{Provider: c[i].Provider, Name: sw.Name, Value: value})
				of = sw
			}
		}
	}
	switch {
	case len(found) == 0:
		return Setting{}, c.unknownSwitch(name, known)
	case len(found) > 1:
		return Setting{}, fmt.Errorf("more than one service has a switch %q; write %s.%s or %s.%s",
			name, found[0].Provider, name, found[1].Provider, name)
	case !of.accepts(value):
		return Setting{}, unknown("value", value, of.Values)
	}
	return found[0], nil
}

// unknownSwitch is the error about a switch that no service has. What is meant by
// a name without a provider is looked for among such names.
func (c Catalogue) unknownSwitch(name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("no service has a switch")
	}
	if strings.Contains(name, ".") {
		return unknown("switch", name, known)
	}
	for i, k := range known {
		_, known[i], _ = strings.Cut(k, ".")
	}
	return unknown("switch", name, known)
}
