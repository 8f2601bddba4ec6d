package plan_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

func saved() *plan.File {
	p := plan.Compute(plan.Input{Wanted: []plan.Wanted{wanted(observed(version(3, time.Hour)))}, State: snapshot(), Now: now})
	return &plan.File{
		ID: "id", Version: "0.1.0", CreatedAt: now, Lineage: "l", Serial: 7, Config: "hash",
		Variables: map[string]string{"a": "b"}, Changes: plan.FileChanges(p), Estimate: p.Estimate,
	}
}

func TestFileRoundTrip(t *testing.T) {
	t.Parallel()
	want := saved()
	data, err := plan.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Changes {
		want.Changes[i].Change.Address = export.Address{} // it stands beside the change, as text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back otherwise (-want +got):\n%s", diff)
	}
	p, err := got.Plan()
	if err != nil || len(p.Changes) != 1 || p.Changes[0].Address != addr || p.Changes[0].Steps[0].Version.ID != "3" {
		t.Errorf("plan %+v, %v", p, err)
	}
}

// Every single byte that is changed or cut off is noticed.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	data, err := plan.Encode(saved())
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		edited := bytes.Clone(data)
		edited[i] ^= 1
		if _, err := plan.Decode(edited); !errors.Is(err, plan.ErrDamaged) && !errors.Is(err, plan.ErrNotPlan) {
			t.Fatalf("byte %d was changed: %v", i, err)
		}
		if _, err := plan.Decode(data[:i]); !errors.Is(err, plan.ErrDamaged) && !errors.Is(err, plan.ErrNotPlan) {
			t.Fatalf("cut after %d bytes: %v", i, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	data, err := plan.Encode(saved())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("reportsync plan 1\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := plan.Decode(data)
		if err != nil {
			if !errors.Is(err, plan.ErrDamaged) && !errors.Is(err, plan.ErrNotPlan) {
				t.Errorf("error of no known kind: %v", err)
			}
			return
		}
		if _, err := file.Plan(); err != nil && !errors.Is(err, plan.ErrDamaged) {
			t.Errorf("error of no known kind: %v", err)
		}
	})
}
