package sim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var switched = Catalogue{
	{Provider: "shop", Switches: []Switch{{Name: "door", Values: []string{"open", "shut"}}, {Name: "light", Values: []string{"on", "off"}}}},
	{Provider: "bank", Switches: []Switch{{Name: "door", Values: []string{"shut", "open"}}, {Name: "clerks", Values: []string{"3", AnyNumber}}}},
}

func TestParseProfile(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Profile{
		"":                               nil,
		" , ":                            nil,
		"light=off":                      {{"shop", "light", "off"}},
		"shop.door=shut, bank.door=open": {{"shop", "door", "shut"}, {"bank", "door", "open"}},
		"clerks=0,bank.clerks=12":        {{"bank", "clerks", "0"}, {"bank", "clerks", "12"}},
	} {
		got, err := switched.ParseProfile(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestParseProfileErrors(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"light":            `setting "light": it has no value; write NAME=VALUE`,
		"ligth=on":         `there is no switch "ligth". Did you mean "light"?`,
		"shop.dor=open":    `there is no switch "shop.dor". Did you mean "shop.door"? Known: shop.door, shop.light, bank.door, bank.clerks`,
		"door=open":        "write shop.door or bank.door",
		"light=offf":       `there is no value "offf". Did you mean "off"? Known: on, off`,
		"clerks=-1":        `there is no value "-1".`,
		"clerks=N":         `Known: 3, N`,
		"clerks=":          `there is no value ""`,
		"light=on,light=1": `setting "light=1"`,
	} {
		_, err := switched.ParseProfile(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
	if _, err := shop.ParseProfile("x=1"); err == nil || !strings.Contains(err.Error(), "no service has a switch") {
		t.Errorf("got %v", err)
	}
}

func TestProfileOf(t *testing.T) {
	t.Parallel()
	p, err := switched.ParseProfile("light=on,light=off,clerks=2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"light": "off"}, p.Of("shop")); diff != "" {
		t.Error(diff)
	}
	if got := p.Of("elsewhere"); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	bank := switched[1].Switches
	got, err := Settle(bank, map[string]string{"clerks": "7", "door": "open"}, nil, map[string]string{"clerks": "8"})
	if diff := cmp.Diff(map[string]string{"clerks": "8", "door": "open"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got, err := Settle(bank); err != nil || got["clerks"] != "3" || got["door"] != "shut" {
		t.Errorf("%v %v", got, err)
	}
	for name, want := range map[string]string{"x": `there is no switch "x"`, "clerks": `switch "clerks": there is no value "a"`} {
		if _, err := Settle(bank, map[string]string{name: "a"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
}
