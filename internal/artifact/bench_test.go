package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"reportsync/internal/export"
)

// benchRows gives a few typical rows again and again: 12 cells, Cyrillic text, a
// cell in thirty that needs quotes.
type benchRows struct {
	left int
	at   int
	recs [][][]byte
	cols []export.Column
}

func newBenchRows(n int) *benchRows {
	b := &benchRows{left: n}
	for i := range 64 {
		cells := []string{
			strconv.Itoa(1_000_000 + i), "Согласовать договор с поставщиком №" + strconv.Itoa(i), "В работе",
			"Иванова Мария Петровна", "2025-04-24T06:10:00Z", "2025-04-28", strconv.Itoa(i * 1237), "RUB", "low",
			"https://acme.planfix.com/task/" + strconv.Itoa(i), "", "true",
		}
		if i%3 == 0 {
			cells[1] = "Договор \"Поставка\", этап " + strconv.Itoa(i)
		}
		rec := make([][]byte, len(cells))
		for j, c := range cells {
			rec[j] = []byte(c)
		}
		b.recs = append(b.recs, rec)
	}
	titles := []string{"ID", "Название", "Статус", "Исполнитель", "Создана", "Срок", "Сумма", "Валюта", "Приоритет", "Ссылка", "Родитель", "Закрыта"}
	b.cols = export.UniqueColumns(titles)
	return b
}

func (b *benchRows) Next() ([][]byte, error) {
	if b.left == 0 {
		return nil, io.EOF
	}
	b.left--
	b.at = (b.at + 1) & 63
	return b.recs[b.at], nil
}

func (b *benchRows) Columns() []export.Column { return b.cols }

const benchCount = 1_000_000

// BenchmarkTable writes a million rows of 12 cells with hash and fsync.
func BenchmarkTable(b *testing.B) {
	for _, format := range []export.Format{export.FormatCSV, export.FormatJSONL} {
		b.Run(string(format), func(b *testing.B) {
			s, err := Open(b.TempDir(), "bench")
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			b.ReportAllocs()
			for b.Loop() {
				st := stage(b, s, Spec{Path: "v.out", Format: format}, part(0, "", newBenchRows(benchCount)))
				b.SetBytes(st.Files()[0].Size)
				if err := st.Discard(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBare does the same bytes with as little as possible: one goroutine, the
// quoting test of a single if, 256 KiB writes, hash and fsync.
func BenchmarkBare(b *testing.B) {
	for _, format := range []export.Format{export.FormatCSV, export.FormatJSONL} {
		for _, hashed := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/hash=%t", format, hashed), func(b *testing.B) {
				name := filepath.Join(b.TempDir(), "bare")
				for b.Loop() {
					n, err := bare(name, newBenchRows(benchCount), format == export.FormatCSV, hashed)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(n)
				}
			})
		}
	}
}

func bare(name string, rows *benchRows, csv, hashed bool) (n int64, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	buf := make([]byte, 0, 300<<10)
	for rows.left > 0 {
		cells, _ := rows.Next()
		for i, c := range cells {
			if csv {
				if i > 0 {
					buf = append(buf, ',')
				}
				quoted := false
				for _, x := range c {
					if x == ',' || x == '"' || x == '\n' || x == '\r' {
						quoted = true
						break
					}
				}
				if !quoted {
					buf = append(buf, c...)
					continue
				}
				buf = append(buf, '"')
				for _, x := range c {
					if x == '"' {
						buf = append(buf, '"')
					}
					buf = append(buf, x)
				}
				buf = append(buf, '"')
				continue
			}
			if i > 0 {
				buf = append(buf, ',')
			} else {
				buf = append(buf, '{')
			}
			buf = append(buf, '"')
			buf = append(buf, rows.cols[i].Name...)
			buf = append(buf, `":"`...)
			for _, x := range c {
				if x == '"' || x == '\\' {
					buf = append(buf, '\\')
				}
				buf = append(buf, x)
			}
			buf = append(buf, '"')
		}
		if !csv {
			buf = append(buf, '}')
		}
		buf = append(buf, '\n')
		if len(buf) > 256<<10 {
			if hashed {
				h.Write(buf)
			}
			m, err := f.Write(buf)
			if n += int64(m); err != nil {
				return n, err
			}
			buf = buf[:0]
		}
	}
	h.Write(buf)
	if _, err := f.Write(buf); err != nil {
		return n, err
	}
	return n + int64(len(buf)), f.Sync()
}

// BenchmarkEncode is encoding alone, without a file.
func BenchmarkEncode(b *testing.B) {
	r := newBenchRows(0)
	e, j := newCSV(export.CSVOptions{}), &jsonlEncoder{}
	e.grow(r.cols)
	j.grow(r.cols)
	for name, row := range map[string]func([]byte, [][]byte) []byte{"csv": e.row, "jsonl": j.row} {
		b.Run(name, func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = buf[:0]
				for _, c := range r.recs {
					buf = row(buf, c)
				}
			}
			b.SetBytes(int64(len(buf)))
		})
	}
	b.Run("encoding/csv", func(b *testing.B) {
		recs := make([][]string, len(r.recs))
		for i, c := range r.recs {
			for _, x := range c {
				recs[i] = append(recs[i], string(x))
			}
		}
		w := csv.NewWriter(io.Discard)
		b.ReportAllocs()
		for b.Loop() {
			if err := w.WriteAll(recs); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSmallVersions publishes versions of three rows, ten in each folder.
func BenchmarkSmallVersions(b *testing.B) {
	root := b.TempDir()
	s, err := Open(root, "bench")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		spec := Spec{Path: fmt.Sprintf("%d/%d.csv", i/10, i), Format: export.FormatCSV}
		publish(b, s, spec, strconv.Itoa(i), part(0, "", rows([]string{"A", "B"}, []string{"1", "2"}, []string{"3", "4"}, []string{"5", "6"})))
		i++
	}
}

// BenchmarkSmallSyncs is what the versions of [BenchmarkSmallVersions] cost at
// least: two files written and made durable, two renames, and their folder twice.
func BenchmarkSmallSyncs(b *testing.B) {
	root := b.TempDir()
	i := 0
	for b.Loop() {
		dir := filepath.Join(root, strconv.Itoa(i/10))
		if i%10 == 0 {
			if err := os.Mkdir(dir, 0o700); err != nil {
				b.Fatal(err)
			}
		}
		for _, name := range []string{"a", "b"} {
			f, err := os.Create(filepath.Join(root, name))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = f.WriteString("A,B\n1,2\n3,4\n5,6\n")
			_ = f.Sync()
			_ = f.Close()
		}
		for _, name := range []string{"a", "b"} {
			if err := os.Rename(filepath.Join(root, name), filepath.Join(dir, name+strconv.Itoa(i))); err != nil {
				b.Fatal(err)
			}
			f, err := os.Open(dir)
			if err != nil {
				b.Fatal(err)
			}
			_ = f.Sync()
			_ = f.Close()
		}
		i++
	}
}

// BenchmarkDocument copies 256 MiB as they come.
func BenchmarkDocument(b *testing.B) {
	s, err := Open(b.TempDir(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.SetBytes(256 << 20)
	b.ReportAllocs()
	for b.Loop() {
		w, err := s.Create(Spec{Path: "v.zip", Format: export.FormatRaw})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Part(context.Background(), &export.Part{Body: io.LimitReader(zeros{}, 256<<20), Ext: "zip"}); err != nil {
			b.Fatal(err)
		}
		if err := w.Discard(); err != nil {
			b.Fatal(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
