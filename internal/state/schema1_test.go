package state_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

// A state that the first schema was written with, by a run over two exports, is read
// as it is and brought up to date with all that it holds.
func TestFirstSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	unpack(t, "testdata/schema-1.db.gz", path)
	ro, err := state.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := ro.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := ro.Close(); err != nil {
		t.Fatal(err)
	}
	asWritten(t, before)

	s := openWith(t, path, nil)
	after, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asWritten(t, after)
	if after.Lineage != before.Lineage || after.Serial != before.Serial {
		t.Errorf("lineage %s, serial %d became %s, %d", before.Lineage, before.Serial, after.Lineage, after.Serial)
	}
	if err := s.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	if list := backups(t, path); len(list) != 1 || !strings.HasPrefix(list[0], path+".backup-v1-") {
		t.Errorf("backups: %v", list)
	}
	// What only later schemas have can be written now.
	k := after.Instances[address(t, "planfix_report.leads")]
	k.Versions[0].Meta = map[string]string{"watermark": "x"}
	put(t, acquire(t, s, "ann"), k)
	holds(t, s, k)
	closeAll(t, s)
}

// asWritten checks what is in the file.
func asWritten(t *testing.T, snap *export.Snapshot) {
	t.Helper()
	leads, payroll := snap.Instances[address(t, "planfix_report.leads")], snap.Instances[address(t, "planfix_report.payroll")]
	if len(snap.Instances) != 2 || leads == nil || payroll == nil {
		t.Fatalf("instances: %v", snap.Instances)
	}
	if !leads.PreventDestroy || len(leads.Versions) != 2 || leads.Provider != "planfix" {
		t.Errorf("leads: %+v", leads)
	}
	latest := leads.Latest()
	if latest == nil || latest.ID != "5399" || latest.Rows != 230 || len(latest.Artifacts) != 1 ||
		latest.Artifacts[0].Path != "planfix_report.leads/5399.csv" || len(latest.Artifacts[0].Columns) != 5 || len(latest.Artifacts[0].SHA256) != 64 {
		t.Errorf("latest: %+v", latest)
	}
	if k := payroll.Latest(); k == nil || k.ID != "6008" || k.RequestID == "" {
		t.Errorf("payroll: %+v", k)
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
