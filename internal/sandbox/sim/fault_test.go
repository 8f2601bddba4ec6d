package sim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var shop = Catalogue{
	{Provider: "shop", Endpoints: []string{"list", "data"}, Faults: []Kind{{Name: "sold-out"}}},
	{Provider: "bank", Endpoints: []string{"data", "pay"}, Faults: []Kind{{Name: "broke"}}},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want []Fault
	}{
		{"", nil},
		{" , ", nil},
		{"reset", []Fault{{Name: Reset, First: 1}}},
		{"reset:*", []Fault{{Name: Reset, First: 1}}},
		{"reset:data:2", []Fault{{Name: Reset, Target: "data", First: 1, Last: 2}}},
		{"reset:bank/data:3-3", []Fault{{Name: Reset, Target: "bank/data", First: 3, Last: 3}}},
		{"reset:bank:3-", []Fault{{Name: Reset, Target: "bank", First: 3}}},
		{"sold-out::0.25", []Fault{{Name: "sold-out", First: 1, Chance: 0.25}}},
		{"slow, broke:pay:1", []Fault{{Name: Slow, First: 1}, {Name: "broke", Target: "pay", First: 1, Last: 1}}},
	} {
		got, err := shop.Parse(tc.in)
		if err != nil {
			t.Errorf("%q: %v", tc.in, err)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: %s", tc.in, diff)
		}
		var back []string
		for _, f := range got {
			back = append(back, f.String())
		}
		again, err := shop.Parse(strings.Join(back, ","))
		if err != nil {
			t.Errorf("%q as %q: %v", tc.in, back, err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("%q as %q: %s", tc.in, back, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"rest":             `fault "rest": there is no fault "rest". Did you mean "reset"? Known: 502-html, 429,`,
		"tuncrate":         `Did you mean "truncate"?`,
		"Reset":            `Did you mean "reset"?`,
		"zzzzzzzzz":        `there is no fault "zzzzzzzzz". Known: `,
		"reset:dtaa":       `there is no endpoint "dtaa". Did you mean "data"? Known: shop, list, data, bank, pay`,
		"broke:list":       `there is no endpoint "list". Known: bank, data, pay`,
		"reset:bank/lists": `there is no endpoint "bank/lists".`,
		"reset:data:0":     `"0" says which requests are hit: write 2 for the first two`,
		"reset:data:-3":    `"-3" says which`,
		"reset:data:3-2":   `"3-2" says which`,
		"reset:data:":      `"" says which`,
		"reset:data:1.5":   `"1.5" says which`,
		"reset:data:0.0":   `"0.0" says which`,
		"reset:data:N.aN":  `"N.aN" says which`,
		"reset:data:1:1":   `it has 4 parts; write NAME, NAME:ENDPOINT or NAME:ENDPOINT:WHICH`,
		"reset,rest":       `fault "rest"`,
	} {
		_, err := shop.Parse(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v\nwant %s", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"reset:data:2,slow", "429::0.5", "never:shop/list:3-", "x", "::::", "reset:*:9999999999999999999", "reset:*:1-\x00", "429::1."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		faults, err := shop.Parse(s)
		if err != nil {
			return
		}
		for _, fault := range faults {
			again, err := shop.Parse(fault.String())
			if err != nil || len(again) != 1 {
				t.Fatalf("%q was read from %q and cannot be read again: %v", fault, s, err)
			}
			if diff := cmp.Diff(fault, again[0]); diff != "" {
				t.Fatalf("%q: %s", fault, diff)
			}
		}
	})
}

func picks(t *testing.T, orders string, seed uint64, requests ...string) []string {
	t.Helper()
	list, err := shop.Parse(orders)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFaults(list, seed)
	var got []string
	for _, r := range requests {
		provider, endpoint, _ := strings.Cut(r, "/")
		info := &shop[0]
		if provider == "bank" {
			info = &shop[1]
		}
		got = append(got, f.Pick(info, endpoint))
	}
	return got
}

func TestPick(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		orders   string
		requests []string
		want     []string
	}{
		{"reset:data:2", []string{"shop/list", "shop/data", "bank/data", "shop/data"}, []string{"", Reset, Reset, ""}},
		{"reset:bank/data:2-2", []string{"bank/data", "shop/data", "bank/data", "bank/data"}, []string{"", "", Reset, ""}},
		{"reset:bank:2-", []string{"bank/pay", "bank/data", "bank/pay"}, []string{"", Reset, Reset}},
		{"broke", []string{"shop/data", "bank/data"}, []string{"", "broke"}},
		{"slow:data:1,reset:data:2", []string{"shop/data", "shop/data", "shop/data"}, []string{Slow, Reset, ""}},
	} {
		if diff := cmp.Diff(tc.want, picks(t, tc.orders, 1, tc.requests...)); diff != "" {
			t.Errorf("%s: %s", tc.orders, diff)
		}
	}
}

func TestPickByChance(t *testing.T) {
	t.Parallel()
	requests := make([]string, 1000)
	for i := range requests {
		requests[i] = "shop/data"
	}
	first := picks(t, "reset:data:0.1", 1, requests...)
	if diff := cmp.Diff(first, picks(t, "reset:data:0.1", 1, requests...)); diff != "" {
		t.Errorf("the same seed decides differently: %s", diff)
	}
	if cmp.Equal(first, picks(t, "reset:data:0.1", 2, requests...)) {
		t.Error("another seed decides the same")
	}
	hit := 0
	for _, p := range first {
		if p != "" {
			hit++
		}
	}
	if hit < 60 || hit > 140 {
		t.Errorf("%d of 1000 were hit, want about 100", hit)
	}
}
