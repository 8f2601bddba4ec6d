package artifact

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"reportsync/internal/export"
)

// TestPartCostsNoAllocationsPerRow compares parts of few and of many rows.
func TestPartCostsNoAllocationsPerRow(t *testing.T) {
	s, err := open(t.TempDir(), "allocs", (&faults{}).wrap)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	allocs := func(n int) float64 {
		r := newBenchRows(0)
		return testing.AllocsPerRun(3, func() {
			r.left = n
			must(t, stage(t, s, Spec{Path: "v.csv", Format: export.FormatCSV}, part(0, "", r)).Discard())
		})
	}
	few, many := allocs(10_000), allocs(60_000)
	// Buffers may have to be made anew when the collector has taken them.
	if more := many - few; more > 50 {
		t.Errorf("50,000 rows more cost %g allocations", more)
	}
}

// TestSmallVersionsStartNothing looks into a writer that has taken a few rows.
func TestSmallVersionsStartNothing(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	w, err := s.Create(daily)
	must(t, err)
	must(t, w.Part(context.Background(), part(0, "", newBenchRows(20))))
	if k := w.active.sink; k.back != nil || cap(k.buf) >= s.buffers.big {
		t.Errorf("20 rows have started a goroutine (%t) or a buffer of %d bytes", k.back != nil, cap(k.buf))
	}
	must(t, w.Part(context.Background(), part(1, "", newBenchRows(5000))))
	if w.active.sink.back == nil {
		t.Error("5000 rows have not started a goroutine")
	}
	must(t, w.Discard())
}

// TestDiskFull fills the disk while the second goroutine writes.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		spec Spec
		part func() *export.Part
	}{
		{"rows", Spec{Path: "weekly/5388.csv", Format: export.FormatCSV}, func() *export.Part { return part(0, "", newBenchRows(100_000)) }},
		{"a sheet", Spec{Path: "weekly/5388.csv", Format: export.FormatCSV}, func() *export.Part { return part(0, "Tasks", newBenchRows(100_000)) }},
		{"a document", Spec{Path: "weekly/5388.pdf", Format: export.FormatCSV}, func() *export.Part {
			return &export.Part{Ext: "pdf", Body: io.LimitReader(zeros{}, 4<<20)}
		}},
		{"a raw part", Spec{Path: "weekly/5388.json", Format: export.FormatRaw}, func() *export.Part {
			return &export.Part{Ext: "json", Body: strings.NewReader(strings.Repeat("x\n", 1<<20) + "end\n"), Rows: decodeLines}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			f := &faults{fail: func(_ int, op string) error {
				if op == "write" {
					return syscall.ENOSPC
				}
				return nil
			}}
			s, err := open(root, "full", f.wrap)
			must(t, err)
			w, err := s.Create(tc.spec)
			must(t, err)
			mark := w.Mark()
			err = w.Part(context.Background(), tc.part())
			if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "write weekly/5388") || !strings.HasSuffix(err.Error(), "make room, or set export_root to another disk") {
				t.Errorf("Part: %v", err)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) {
				t.Error("it looks as if the body had broken off")
			}
			if err := w.Reset(mark); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Reset: %v; reading the part again does not help", err)
			}
			if st, err := w.Finish(context.Background()); st != nil || err == nil {
				t.Error("finished all the same")
			}
			must(t, errors.Join(w.Discard(), s.Close()))
			if left := tree(t, root); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestHintsOfErrors(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]string{
		syscall.ENOSPC:       "make room, or set export_root to another disk",
		syscall.EDQUOT:       "make room, or set export_root to another disk",
		syscall.EROFS:        "set export_root to a place that can be written to",
		syscall.EACCES:       "check the owner and the permissions of the folder",
		syscall.ENOTDIR:      "move it away or change path",
		syscall.ENAMETOOLONG: "shorten path",
		syscall.EIO:          "write a.csv: input/output error",
	} {
		err := failed(nil, "write", "a.csv", &os.PathError{Op: "open", Path: tempDir + "/x/1", Err: cause})
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "write a.csv: ") || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), tempDir) {
			t.Errorf("%v: %v, want %q", cause, err, want)
		}
	}
	if failed(nil, "write", "a.csv", nil) != nil {
		t.Error("no error became one")
	}
}

// TestGiantRow writes a row that is larger than all buffers.
func TestGiantRow(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := openStore(t, root)
	giant := strings.Repeat("0123456789", 200_000)
	publish(t, s, daily, "1", part(0, "", rows([]string{"A"}, []string{giant}, []string{"x"}, []string{giant})))
	if got, want := read(t, root, daily.Path), "A\n"+giant+"\nx\n"+giant+"\n"; got != want {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

// TestOnlyTheLastPartCanBeTakenBack also takes back parts that were whole.
func TestOnlyTheLastPartCanBeTakenBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, format := range []export.Format{export.FormatCSV, export.FormatRaw} {
		root := t.TempDir()
		s := openStore(t, root)
		w, err := s.Create(Spec{Path: "v.csv", Format: format})
		must(t, err)
		page := func(i int, text string) *export.Part {
			return &export.Part{Index: i, Ext: "txt", Body: strings.NewReader(text + "\nend\n"), Rows: decodeLines}
		}
		start := w.Mark()
		must(t, w.Reset(start))
		must(t, w.Part(ctx, page(0, "a")))
		second := w.Mark()
		must(t, w.Part(ctx, page(1, "b")))
		if err := w.Reset(start); err == nil || !strings.Contains(err.Error(), "only the last part can be taken back") {
			t.Errorf("error is %v", err)
		}
		must(t, w.Reset(second))
		must(t, w.Reset(second))
		must(t, w.Part(ctx, page(1, "c")))
		if w.Rows() != 2 {
			t.Errorf("%d rows", w.Rows())
		}
		st, err := w.Finish(ctx)
		must(t, err)
		_, err = st.Publish(ctx, manifest("1"), nil)
		must(t, err)
		var got string
		for _, name := range finals(t, root) {
			got += name + ":" + read(t, root, name) + "|"
		}
		want := "v.csv:line\na\nc\n|"
		if format == export.FormatRaw {
			want = "v/0.txt:a\nend\n|v/1.txt:c\nend\n|"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestPartsThatDoNotBelongTogether(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	w, err := s.Create(daily)
	must(t, err)
	must(t, w.Part(context.Background(), part(0, "", rows([]string{"A", "B"}, []string{"1", "2"}))))
	err = w.Part(context.Background(), part(1, "", rows([]string{"A", "C"}, []string{"1", "2"})))
	if err == nil || !strings.Contains(err.Error(), `read row 1: column 2 is "C" after it was "B"; the parts do not belong together`) {
		t.Errorf("error is %v", err)
	}
	must(t, w.Discard())
}

// TestTemporaryNamesThatAreTaken finds that they are passed over.
func TestTemporaryNamesThatAreTaken(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, n := range []string{"1", "2"} {
		write(t, root, filepath.Join(tempDir, "01234567", n), "another run's")
	}
	s := openStore(t, root)
	publish(t, s, daily, "1", one("1"))
	if got := read(t, root, tempDir+"/01234567/1"); got != "another run's" {
		t.Errorf("a temporary file of another run is %q", got)
	}
}

// TestSheetsInTurnsAreAsSheetsAlone mixes the parts of several sheets.
func TestSheetsInTurnsAreAsSheetsAlone(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		spec, b := formats().Draw(t, "format"), sizes().Draw(t, "buffers")
		tabs := rapid.SliceOfN(tables(), 2, 3).Draw(t, "sheets")
		var want []string
		for _, d := range tabs {
			want = append(want, written(t, root, b, spec, d, nil))
		}
		s, err := open(root, "turns", (&faults{}).wrap)
		if err != nil {
			t.Fatal(err)
		}
		s.buffers = b
		w, err := s.Create(spec)
		if err != nil {
			t.Fatal(err)
		}
		sheets := make([]table, len(tabs))
		for i, d := range tabs {
			for _, title := range d.titles {
				sheets[i].set.Add(title)
			}
		}
		for p := range 4 {
			for i, d := range tabs {
				if p >= len(d.parts) {
					continue
				}
				sheets[i].recs = d.parts[p]
				if err := w.Part(context.Background(), part(p, string(rune('a'+i)), &sheets[i])); err != nil {
					t.Fatal(err)
				}
			}
		}
		st, err := w.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got, err := os.ReadFile(filepath.Join(root, st.temps[i])); err != nil || string(got) != want[i] {
				t.Fatalf("sheet %d is %q, want %q (%v)", i, got, want[i], err)
			}
		}
		if err := errors.Join(st.Discard(), s.Close()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEarlyColumnsCostNoSecondFile: columns that appear while all rows are in the
// buffer are not worth writing the file twice.
func TestEarlyColumnsCostNoSecondFile(t *testing.T) {
	t.Parallel()
	f := &faults{}
	s, err := open(t.TempDir(), "early", f.wrap)
	must(t, err)
	w, err := s.Create(daily)
	must(t, err)
	first := &table{recs: []rec{{[]string{"1"}, []string{"A"}}, {[]string{"1", "2"}, []string{"B"}}}}
	must(t, w.Part(context.Background(), part(0, "", first)))
	long := strings.Repeat("x", s.buffers.big)
	must(t, w.Part(context.Background(), part(1, "", rows([]string{"A", "B"}, []string{long}, []string{long}))))
	st, err := w.Finish(context.Background())
	must(t, err)
	if text := strings.Join(f.log, "\n"); strings.Contains(text, "/early/2") {
		t.Errorf("the file was written twice:\n%s", text)
	}
	must(t, errors.Join(st.Discard(), s.Close()))
}
