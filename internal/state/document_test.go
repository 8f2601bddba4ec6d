package state_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

// What is pulled from a state and pushed into another is all of it.
func TestDocumentRestoresEverything(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "state.db"))
	l := acquire(t, s, "ann")
	put(t, l, full(address(t, "a.b")))
	put(t, l, full(address(t, `a.b["k"]`)))
	key := export.LimitKey{Account: "acct", Name: "generation"}
	if err := l.SetLimit(t.Context(), key, export.Limit{LastStart: noon, NotBefore: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := l.PutOutputs(t.Context(), map[string]state.OutputValue{
		"plain": {Value: []byte(`"x"`), Type: []byte(`"string"`)}, "secret": {Value: []byte(`"canary"`), Type: []byte(`"string"`), Sensitive: true},
	}); err != nil {
		t.Fatal(err)
	}
	d, err := s.Document(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil || strings.Contains(string(text), "canary") {
		t.Fatalf("%v %s", err, text)
	}
	read, err := state.DecodeDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "other.db")
	other := opened(t, path)
	ol := acquire(t, other, "bob")
	put(t, ol, full(address(t, "gone.soon")))
	if err := ol.Restore(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	want, errWant := s.Snapshot(t.Context())
	got, errGot := other.Snapshot(t.Context())
	if errWant != nil || errGot != nil {
		t.Fatal(errWant, errGot)
	}
	for _, snap := range []*export.Snapshot{want, got} {
		for _, k := range snap.Instances {
			for i := range k.Intents {
				k.Intents[i].ID = 0 // numbered anew
			}
		}
	}
	if d := cmp.Diff(want.Instances, got.Instances); d != "" {
		t.Errorf("instances (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want.Limits, got.Limits); d != "" {
		t.Errorf("limits (-want +got):\n%s", d)
	}
	m := meta(t, other)
	if m.Lineage != d.Lineage || m.Serial <= d.Serial {
		t.Errorf("%+v after the document's %s, %d", m, d.Lineage, d.Serial)
	}
	outputs, err := other.Outputs(t.Context())
	if err != nil || len(outputs) != 1 || outputs["plain"].Hash != other.Hash([]byte(`"x"`)) {
		t.Errorf("outputs %v, %v", outputs, err)
	}
	if err := other.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestBadDocuments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "not a state document",
		`{"format":9,"lineage":"x"}`: "format is 9",
		`{"format":1}`:               "no lineage",
		`{"format":1,"lineage":"x","instances":[{"address":"nonsense"}]}`:              "not an address",
		`{"format":1,"lineage":"x","instances":[{"address":"a.b"},{"address":"a.b"}]}`: "in it twice",
	} {
		if _, err := state.DecodeDocument([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
