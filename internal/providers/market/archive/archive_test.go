package archive

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"reportsync/internal/export"
)

// packed makes an archive of names and contents in turn.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b)), 1<<30) }

// read returns header and rows, cells joined by |.
func read(rows export.Rows) ([]string, error) {
	var out []string
	for {
		cells, err := rows.Next()
		if err != nil {
			var names []string
			for _, c := range rows.Columns() {
				names = append(names, c.Name)
			}
			out = append([]string{strings.Join(names, "|")}, out...)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, err
		}
		out = append(out, string(bytes.Join(cells, []byte("|"))))
	}
}

func TestSheets(t *testing.T) {
	b := packed(t, "cpm-boost.csv", "\ufeffA,B\n1,2\n", "banners.json", `{"rows":[{"a":1.50,"b":"x"}]}`, "empty.csv", "", "notes.txt", "hello")
	f, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range f.Members {
		if m.Rows() == nil {
			got = append(got, m.Stem+"."+m.Ext)
			continue
		}
		r, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := read(m.Rows()(r))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Stem+": "+strings.Join(rows, " / "))
	}
	want := []string{"banners: a|b / 1.50|x", "cpm-boost: A|B / 1|2", "empty: ", "notes.txt"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := f.Test(); err != nil {
		t.Error(err)
	}
}

func TestKinds(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"workbook":  {packed(t, "[Content_Types].xml", "<x/>", "xl/workbook.xml", "<y/>"), XLSX},
		"documents": {packed(t, "act.pdf", "%PDF-1.4 %%EOF"), ZIP},
		"document":  {[]byte("%PDF-1.4\n…\n%%EOF\n"), PDF},
		"no sheets": {packed(t), ZIP},
	} {
		f, err := open(c.data)
		if err != nil || f.Kind != c.want {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

func TestRefused(t *testing.T) {
	good := packed(t, "a.csv", strings.Repeat("x,y\n", 1000))
	link := func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "a.csv"}
		h.SetMode(fs.ModeSymlink | 0o777)
		f, _ := w.CreateHeader(h)
		_, _ = io.WriteString(f, "/etc/passwd")
		_ = w.Close()
		return b.Bytes()
	}
	encrypted := bytes.Clone(good)
	encrypted[bytes.LastIndex(encrypted, []byte("PK\x01\x02"))+8] |= 1
	many := make([]string, 0, 2002)
	for i := range maxMembers + 1 {
		many = append(many, fmt.Sprintf("%d.csv", i), "")
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":          {nil, "is empty"},
		"web page":         {[]byte("\n<!DOCTYPE html><title>Login</title>"), "web page"},
		"error of a store": {[]byte("<?xml version='1.0'?><Error/>"), "XML"},
		"JSON":             {[]byte(`{"status":"ERROR"}`), "JSON"},
		"text":             {[]byte("A,B\n1,2\n"), "no archive"},
		"half an archive":  {good[:len(good)/2], "cut off or damaged"},
		"half a document":  {[]byte("%PDF-1.4\n…"), "PDF document is cut off"},
		"path":             {packed(t, "../x.csv", "a"), "has a path"},
		"folder":           {packed(t, "a/x.csv", "a"), "has a path"},
		"absolute":         {packed(t, "/x.csv", "a"), "has a path"},
		"backslash":        {packed(t, `a\x.csv`, "a"), "has a path"},
		"drive":            {packed(t, "c:x.csv", "a"), "not one of a file"},
		"NUL":              {packed(t, "a\x00.csv", "a"), "not one of a file"},
		"no name":          {packed(t, ".csv", "a"), "has no name"},
		"twice":            {packed(t, "a.csv", "1", "A.csv", "2"), "two members"},
		"link":             {link(), "no plain file"},
		"encrypted":        {encrypted, "is encrypted"},
		"bomb":             {packed(t, "a.csv", strings.Repeat("0", 4<<20)), "more than 500 times"},
		"too many":         {packed(t, many...), "1001 members"},
	} {
		_, err := open(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := Open(bytes.NewReader(good), int64(len(good)), 100); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("a member over the limit: %v", err)
	}
}

// An archive that lies about sizes is found out while it is unpacked.
func TestLies(t *testing.T) {
	b := packed(t, "a.csv", strings.Repeat("x,y\n", 1000))
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	for name, change := range map[string]func([]byte){
		"size":     func(b []byte) { b[at+24] = 8; b[at+25] = 0 },
		"larger":   func(b []byte) { b[at+25]++ },
		"checksum": func(b []byte) { b[at+16]++ },
		"data":     func(b []byte) { b[45] ^= 0xff },
	} {
		lie := bytes.Clone(b)
		change(lie)
		f, err := open(lie)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, err := f.Members[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = read(CSV(r))
		if e, ok := errors.AsType[*BadError](err); !ok || !e.Broken {
			t.Errorf("%s: got %v", name, err)
		}
		if f.Test() == nil {
			t.Errorf("%s: the test found nothing", name)
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A large member is unpacked while it is read.
func TestLargeMember(t *testing.T) {
	data := sheet(40_000)
	whole := packed(t, "a.csv", string(data))
	bad := bytes.Clone(whole)
	bad[bytes.LastIndex(bad, []byte("PK\x01\x02"))+16]++
	for _, c := range []struct {
		name string
		data []byte
		rows int
		ok   bool
	}{{"whole", whole, 40_000, true}, {"wrong checksum", bad, -1, false}} {
		f, err := open(c.data)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Members[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(CSV(r))
		if e, isBad := errors.AsType[*BadError](err); c.ok != (err == nil) || !c.ok && (!isBad || !e.Broken) || c.ok && len(got) != c.rows+1 {
			t.Errorf("%s: %d rows, %v", c.name, len(got)-1, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	f, err := open(whole)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Members[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(make([]byte, 10)); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("it can be read after it was closed")
	}
}

func TestCSV(t *testing.T) {
	for _, c := range []struct{ name, text, want, fails string }{
		{"plain", "A,B\n1,2\n3,4\n", "A|B / 1|2 / 3|4", ""},
		{"no last line end", "A,B\r\n1,2\r\n3,4", "A|B / 1|2 / 3|4", ""},
		{"quotes", "\"A\",B\n\"1,\"\"x\"\"\n y\",2\n", "A|B / 1,\"x\"\n y|2", ""},
		{"quotes at the end", "A,B\n1,\"2\"", "A|B / 1|2", ""},
		{"quotes and carriage return", "A,B\r\n\"1\",\"2\"\r\n", "A|B / 1|2", ""},
		{"quotes and carriage return at the end", "A\r\n\"1\"\r", "A / 1", ""},
		{"header only", "A,B\n", "A|B", ""},
		{"nothing", "", "", ""},
		{"mark only", "\ufeff", "", ""},
		{"semicolons", "A;B,C\n1;2\n", "A;B|C / 1;2", ""},
		{"more semicolons", "A;B;C\n1;2,5;3\n", "A|B|C / 1|2,5|3", ""},
		{"tabs", "A\tB\n1\t2\n", "A|B / 1|2", ""},
		{"longer row", "A,B\n1,2,3\n4,5\n", "A|B|column_3 / 1|2|3 / 4|5", ""},
		{"shorter row", "A,B\n1\n", "A|B / 1", ""},
		{"empty lines", "A,B\n\n1,2\n\n", "A|B / 1|2", ""},
		{"one column keeps empty lines", "A\n\n1\n", "A /  / 1", ""},
		{"same titles", "A,A,\n1,2,3\n", "A|A_2|column_3 / 1|2|3", ""},
		{"open quotes", "A,B\n1,\"2\n3,4\n", "A|B", "line 2 are never closed"},
		{"text behind quotes", "A,B\n1,\"2\"x\n", "A|B", "line 2 has text behind"},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
			got, err := read(CSV(r))
			if joined := strings.Join(got, " / "); joined != c.want {
				t.Errorf("%s: got %q, want %q", c.name, joined, c.want)
			}
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: got %v, want %q", c.name, err, c.fails)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct{ name, text, want, fails string }{
		{"object", `{"meta":{"a":[1]},"rows":[{"a":1,"b":"x"}],"more":2}`, "a|b / 1|x", ""},
		{"array", `[{"a":1},{"b":true}]`, "a|b / 1 / |true", ""},
		{"values", `[{"a":1.500,"b":-0,"c":1e400,"d":"\u044f\n","e":null,"f":{"x": [1, 2]},"g":false}]`, "a|b|c|d|e|f|g / 1.500|-0|1e400|я\n||{\"x\":[1,2]}|false", ""},
		{"a key twice", `[{"a":1,"a":2}]`, "a / 2", ""},
		{"no rows", `{"rows":[]}`, "", ""},
		{"nothing", ``, "", ""},
		{"cut", `{"rows":[{"a":1},{"a"`, "a / 1", "breaks off after row 1"},
		{"cut behind the rows", `{"rows":[{"a":1}]`, "a / 1", "breaks off"},
		{"more behind", `[{"a":1}] []`, "a / 1", "something behind"},
		{"no list", `{"rows":{}}`, "", "no list"},
		{"other object", `{"data":[]}`, "", "without rows"},
		{"row is no object", `[1]`, "", "row 1 of the sheet is no object"},
		{"deep", `[{"a":` + deep + `}]`, "", "not JSON after row 0"},
		{"web page", `<html>`, "", "not JSON"},
	} {
		got, err := read(JSON(iotest.OneByteReader(strings.NewReader(c.text))))
		if joined := strings.Join(got, " / "); joined != c.want {
			t.Errorf("%s: got %q, want %q", c.name, joined, c.want)
		}
		if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.fails)
		}
	}
}

func TestWideSheet(t *testing.T) {
	header := strings.TrimSuffix(strings.Repeat("column,", 16_000), ",")
	got, err := read(CSV(strings.NewReader(header + "\n" + strings.Repeat(",", 15_999) + "\n")))
	if err != nil || len(got) != 2 {
		t.Errorf("%d rows, %v", len(got), err)
	}
}

func TestJoin(t *testing.T) {
	var j Joiner
	var got []string
	for _, text := range []string{"A,B\n1,2\n", "B,C,A\n3,4,5\n", "A,B\n6,7\n"} {
		rows, err := read(j.Join(CSV)(strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows...)
	}
	if d := cmp.Diff([]string{"A|B", "1|2", "A|B|C", "5|3|4", "A|B|C", "6|7|"}, got); d != "" {
		t.Error(d)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(packed(f, "a.csv", "A,B\n1,2\n"))
	f.Add(packed(f, "a.json", `{"rows":[{"a":1}]}`, "b.csv", ""))
	f.Add([]byte("%PDF-1.4 %%EOF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b), int64(len(b)), 1<<20)
		if err != nil {
			return
		}
		whole := file.Test() == nil
		for _, m := range file.Members {
			r, err := m.Open()
			if err != nil || m.Rows() == nil {
				continue
			}
			if _, err := read(m.Rows()(r)); err == nil && !whole && len(file.Members) == 1 {
				t.Error("rows were read to their end from an archive that is not whole")
			}
		}
	})
}

// What encoding/csv reads, is read the same.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"A,B\n1,2\n", "\"A\",B\n\"1,\"\"x\"\"\n y\",2\n", "a\r\n\r\nb", ",\n\"\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows := CSV(iotest.HalfReader(strings.NewReader(text)))
		var got [][]string
		var err error
		for {
			var cells [][]byte
			if cells, err = rows.Next(); err != nil {
				break
			}
			var row []string
			for _, c := range cells {
				row = append(row, string(c))
			}
			got = append(got, row)
		}
		if strings.Contains(text, "\r") || strings.HasPrefix(text, "\ufeff") || strings.HasPrefix(text, "\n") || strings.ContainsAny(text, ";\t") {
			return // encoding/csv is stricter or laxer there
		}
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, werr := r.ReadAll()
		if werr != nil || len(want) == 0 || len(want[0]) == 1 {
			return
		}
		if err != io.EOF { //nolint:errorlint // nothing else will do
			t.Fatalf("%q: %v", text, err)
		}
		if d := cmp.Diff(want[1:], append([][]string{}, got...)); d != "" && len(want)+len(got) > 1 {
			t.Errorf("%q: %s", text, d)
		}
	})
}

// What encoding/json reads, is read the same.
func FuzzJSON(f *testing.F) {
	f.Add(`[{"a":"x"},{"b":"y","a":"z"}]`)
	f.Add(`{"x":1,"rows":[{"a":"x"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := read(JSON(strings.NewReader(text)))
		var rows []map[string]string
		if json.Unmarshal([]byte(text), &rows) == nil && rows != nil {
			for _, r := range rows {
				if r == nil {
					return
				}
			}
			if err != nil || len(got) != len(rows)+1 {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		} else if err == nil && text != "" && !json.Valid([]byte(text)) && strings.TrimSpace(text) != "" {
			t.Errorf("%q was taken", text)
		}
	})
}

// sheet is CSV as the service writes it.
func sheet(n int) []byte {
	var b bytes.Buffer
	b.WriteString("ORDER_ID,OFFER_ID,NAME,PRICE,COUNT,CREATED,STATUS,WAREHOUSE\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,sku-%d,\"Product number %d, blue\",%d.%02d,%d,2025-04-%02d 10:%02d:00,DELIVERED,Moscow %d\n", 100000+i, i%977, i%977, i%5000, i%100, i%7+1, i%28+1, i%60, i%12)
	}
	return b.Bytes()
}

func BenchmarkCSV(b *testing.B) {
	data := sheet(100_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		rows := CSV(bytes.NewReader(data))
		for {
			if _, err := rows.Next(); err != nil {
				break
			}
		}
	}
}

func BenchmarkStandardCSV(b *testing.B) {
	data := sheet(100_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(data))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err != nil {
				break
			}
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	data := sheet(100_000)
	z := packed(b, "a.csv", string(data))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		f, err := open(z)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Test(); err != nil {
			b.Fatal(err)
		}
	}
}
