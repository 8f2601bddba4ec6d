package view

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// noon is the present in the tests.
var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// shape is how a test looks at things.
type shape struct {
	tty    bool
	width  int
	color  bool
	json   bool
	redact []string
	now    func() time.Time
}

// taken is what a view has written.
type taken struct{ out, err bytes.Buffer }

// all is both streams, one after the other.
func (k *taken) all() string { return k.out.String() + "--- stderr\n" + k.err.String() }

func (s shape) view() (*View, *taken) {
	k := &taken{}
	if s.now == nil {
		s.now = func() time.Time { return noon }
	}
	v := New(
		Streams{Out: &k.out, Err: &k.err, OutTTY: s.tty, ErrTTY: s.tty, Width: func() int { return s.width }},
		Options{Color: s.color, JSON: s.json, Now: s.now, Location: time.FixedZone("MSK", 3*3600), Redact: s.redact},
	)
	return v, k
}

// shapes are those that golden files exist for.
var shapes = map[string]shape{
	"pipe":   {},
	"tty60":  {tty: true, width: 60},
	"tty100": {tty: true, width: 100},
	"color":  {tty: true, width: 120, color: true},
	"json":   {json: true},
}
