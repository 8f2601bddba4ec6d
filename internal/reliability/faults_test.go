package reliability

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"reportsync/internal/sandbox/sim"
)

// content is what the files of exports that do not change hold, by file name; those of
// readings, which are named by their moment, by export.
func (p *place) content() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for name, text := range p.files() {
		export, _, _ := strings.Cut(name, "/")
		switch {
		case isManifest(name), export == "yandex_tracker_issues.hr", export == "planfix_report.payroll":
			continue // what they say depends on when they are asked
		case strings.HasPrefix(export, "planfix_xml_list."):
			name = export // of which there is one
		case export == "yandex_market_report.labels":
			name = export + "/" + path.Base(name)
		}
		out[name] = text
	}
	return out
}

// Any single fault, at any request: it is healed, or told and healed by the next run.
// No file is ever wrong, and nothing is paid twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	ref := newPlace(t, scenario)
	ref.must("apply", "-auto-approve")
	ref.settled()
	want := ref.content()
	requests, once := 0, ref.made()
	for _, c := range ref.stats() {
		requests += c.Total()
	}
	if len(want) < 8 || requests < 30 {
		t.Fatalf("%d files, %d requests", len(want), requests)
	}
	type order struct {
		kind string
		at   int
	}
	var orders []order
	for _, k := range sim.Common {
		for at := range requests {
			orders = append(orders, order{k.Name, at + 1})
		}
	}
	if !long {
		rnd := rand.New(rand.NewPCG(2, 20261125))
		rnd.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
		orders = orders[:2*len(sim.Common)]
	}
	for _, o := range orders {
		t.Run(fmt.Sprintf("%s at %d", o.kind, o.at), func(t *testing.T) {
			t.Parallel()
			want := want
			p := newPlace(t, scenario)
			out, code := p.run([]string{fmt.Sprintf("REPORTSYNC_SANDBOX_FAULTS=%s:*:%d-%[2]d", o.kind, o.at)}, "apply", "-auto-approve")
			if !slices.Contains([]int{0, 1, 3, 4}, code) || strings.Contains(out, "goroutine ") {
				t.Errorf("exit status %d\n%s", code, out)
			}
			if o.kind == sim.Corrupt {
				want = undamaged(want)
			}
			p.same(want)
			p.must("apply", "-auto-approve")
			p.settled()
			p.same(want)
			if o.kind == sim.Duplicate { // what is asked for twice on the way was asked for twice
				p.paidOnceOrTwice(once)
			} else {
				p.paidOnce(once)
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// undamaged leaves out documents: whether a byte of them is another one, nobody can
// tell. That is what the encryption of the connection is for.
func undamaged(want map[string]string) map[string]string {
	out := maps.Clone(want)
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasSuffix(name, ".pdf") })
	return out
}

// same compares the files with those of a run without faults. There may be fewer, and
// versions that have appeared since.
func (p *place) same(want map[string]string) {
	p.t.Helper()
	for name, text := range p.content() {
		if w, ok := want[name]; ok && w != text {
			p.t.Errorf("%s is not what the service has: %d bytes, not %d", name, len(text), len(w))
		}
	}
}
