package planfix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"reportsync/internal/sandbox/sim/simtest"
)

// item and row are what the data is made of.
type item struct {
	Text   json.RawMessage `json:"text"`
	Link   string          `json:"link"`
	Hidden bool            `json:"hidden"`
}

type row struct {
	Type  string `json:"type"`
	Depth int    `json:"depth"`
	Items []item `json:"items"`
}

type chunk struct {
	Chunk *int  `json:"chunk"`
	Rows  []row `json:"rows"`
}

// read asks for a chunk of a save and returns it, wrapped or not.
func (a *account) read(report string, save int64, n int) chunk {
	a.t.Helper()
	got := a.ask("POST", fmt.Sprintf("/planfix/rest/report/%s/save/%d/data?chunk=%d", report, save, n), "")
	if got.status != 200 {
		a.t.Fatalf("%d %s", got.status, got.raw)
	}
	return a.decode(got, report == "26040")
}

func (a *account) decode(got *answer, bare bool) chunk {
	a.t.Helper()
	var wrapped struct {
		Result string
		Data   *chunk
	}
	var plain chunk
	var err error
	if bare {
		err = json.Unmarshal([]byte(got.raw), &plain)
	} else if err = json.Unmarshal([]byte(got.raw), &wrapped); err == nil {
		if wrapped.Result != "success" || wrapped.Data == nil {
			a.t.Fatalf("not wrapped: %.200s", got.raw)
		}
		plain = *wrapped.Data
	}
	if err != nil || plain.Chunk == nil || plain.Rows == nil {
		a.t.Fatalf("%v in %.200s", err, got.raw)
	}
	return plain
}

func (r row) texts() []string {
	var out []string
	for _, i := range r.Items {
		var s string
		if json.Unmarshal(i.Text, &s) != nil {
			s = "number " + string(i.Text)
		}
		out = append(out, s)
	}
	return out
}

// whole reads all chunks of the newest save, and checks what holds for every report.
func (a *account) whole(report string) (header row, rows []row) {
	a.t.Helper()
	r := a.svc.world.byID[firstReport]
	for _, other := range a.svc.world.reports {
		if id(other.id) == report {
			r = other
		}
	}
	save, want := slices.Max(a.saveIDs(report)), 0
	for n := range r.chunks(save) {
		if n > 1 && n < r.chunks(save)-1 {
			continue // the middle of the large report is more of the same
		}
		want += min(r.rows(save)-n*r.chunk, r.chunk)
		c := a.read(report, save, n)
		if *c.Chunk != n {
			a.t.Errorf("chunk %d says that it is %d", n, *c.Chunk)
		}
		if isHeader := c.Rows[0].Type == kindHeader; isHeader != (n == 0 || r.repeatHeader) {
			a.t.Errorf("chunk %d begins with %s", n, c.Rows[0].Type)
		} else if isHeader {
			header, c.Rows = c.Rows[0], c.Rows[1:]
		}
		rows = append(rows, c.Rows...)
		if len(rows) != want {
			a.t.Errorf("%d rows up to chunk %d, want %d", len(rows), n, want)
		}
	}
	if len(header.Items) != len(r.columns) {
		a.t.Errorf("%d columns in the header, want %d", len(header.Items), len(r.columns))
	}
	for i, row := range rows {
		if len(row.Items) > len(header.Items) || len(row.Items) < len(header.Items) && !r.shortRows {
			a.t.Errorf("row %d has %d cells", i, len(row.Items))
		}
		for j, it := range row.Items {
			if it.Hidden != header.Items[j].Hidden || it.Hidden != r.columns[j].hidden {
				a.t.Errorf("row %d, cell %d: hidden is %v", i, j, it.Hidden)
			}
		}
	}
	return header, rows
}

func TestDataOfEveryReport(t *testing.T) {
	t.Parallel()
	for _, r := range Info().Reports {
		if r.ID == "26052" {
			continue // has no save
		}
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, "", Options{})
			header, rows := a.whole(r.ID)
			if len(rows) == 0 {
				t.Fatal("no rows")
			}
			var all strings.Builder
			types, short, numbers, links := map[string]int{}, 0, 0, 0
			for _, row := range rows {
				types[fmt.Sprint(row.Type, row.Depth)]++
				if len(row.Items) < len(header.Items) {
					short++
				}
				for i, text := range row.texts() {
					if strings.HasPrefix(text, "number ") {
						numbers++
					}
					if row.Items[i].Link != "" {
						links++
					}
					all.WriteString(text + "\x00")
				}
			}
			cells := all.String()
			switch r.ID {
			case "26000":
				if numbers == 0 || links == 0 || !strings.Contains(cells, "\u00a0") {
					t.Errorf("numbers %d, links %d, or no non-breaking spaces", numbers, links)
				}
			case "26021":
				want := []string{"Менеджер", "Сумма", "Сумма", "", "Комментарий", ""}
				if !slices.Equal(header.texts(), want) || short == 0 {
					t.Errorf("titles %q, short rows %d", header.texts(), short)
				}
			case "26033":
				if types["Normal0"] != 30 || types["Normal1"] != 180 || types["Total0"] != 30 {
					t.Errorf("rows by type and depth: %v", types)
				}
			case "26040":
				for _, awkward := range []string{"\n", "\r\n", "\t", "\"never", "«", "👍🏽", "=HYPERLINK(", "\u00a0", "\\temp", "\u200b"} {
					if !strings.Contains(cells, awkward) {
						t.Errorf("no %q", awkward)
					}
				}
			case "26066":
				hidden := 0
				for _, it := range header.Items {
					if it.Hidden {
						hidden++
					}
				}
				if hidden != 2 || links == 0 {
					t.Errorf("%d hidden columns, %d links", hidden, links)
				}
			case "26080":
				if n := a.svc.world.byID[26080].chunks(5413); n != 30 {
					t.Errorf("%d chunks", n)
				}
			}
		})
	}
}

func TestDataIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	a, b := newAccount(t, "", Options{}), newAccount(t, "", Options{})
	path := "/planfix/rest/report/26000/save/5322/data?chunk=1"
	first := a.ask("POST", path, "").raw
	a.Clock.Advance(3 * time.Hour)
	if a.ask("POST", path, "").raw != first || b.ask("POST", path, "").raw != first {
		t.Error("one save, different bytes")
	}
	other := a.ask("POST", "/planfix/rest/report/26000/save/5315/data?chunk=1", "").raw
	if other == first {
		t.Error("two saves, the same bytes")
	}
	// Most rows are the same, so that two saves can be compared.
	x, y := a.read("26000", 5322, 1), a.read("26000", 5315, 1)
	changed := 0
	for i := range min(len(x.Rows), len(y.Rows)) {
		if !slices.Equal(x.Rows[i].texts(), y.Rows[i].texts()) {
			changed++
		}
	}
	if changed == 0 || changed > len(x.Rows)/5 {
		t.Errorf("%d of %d rows differ between two saves", changed, len(x.Rows))
	}
}

func TestDataParameters(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	const data = "/planfix/rest/report/26000/save/5322/data"
	for _, q := range []string{"-1", "x", "", "1.0", "99999999999", "0&chunk=1", "%zz"} {
		a.ask("POST", data+"?chunk="+q, "").fails(400, "41")
	}
	if a.ask("POST", data, `{"chunks":2}`).raw != a.ask("POST", data+"?chunk=0", "").raw {
		t.Error("what the body says about chunks is not ignored, or the default is not the first chunk")
	}
	a.ask("POST", data+"?chunk=3", "").is(200, `{"result":"success","data":{"chunk":3,"rows":[]}}`)
	a.ask("POST", "/planfix/rest/report/26040/save/5364/data?chunk=7", "").is(200, `{"chunk":7,"rows":[]}`)
	for _, save := range []string{"1", "5329", "99999999999999999999"} { // 5329 is another report's
		a.ask("POST", "/planfix/rest/report/26000/save/"+save+"/data", "").fails(400, "9000")
	}
	strict := newAccount(t, "", Options{RangeError: true})
	strict.ask("POST", data+"?chunk=2", "").succeeds(200)
	strict.ask("POST", data+"?chunk=3", "").fails(400, "41")
}

func TestDataFaults(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{})
	const data = "/planfix/rest/report/26000/save/5322/data"
	a.ask("POST", data+"?chunk=1", "", simtest.Play("drop-chunk")).is(200, `{"result":"success","data":{"chunk":1,"rows":[]}}`)
	a.ask("POST", data+"?chunk=1", "", simtest.Play("vanish")).fails(400, "9000")
	a.ask("POST", data, "").fails(400, "9000")
	if slices.Contains(a.saveIDs("26000"), 5322) {
		t.Error("the save that vanished is listed")
	}
}

func TestUniformReports(t *testing.T) {
	t.Parallel()
	a := newAccount(t, "", Options{Reports: 250, Saves: 2, Rows: 25, Columns: 14, ChunkRows: 10, Lax: true})
	if described := a.svc.Info().Reports; len(described) != 0 {
		t.Errorf("described as %v", described)
	}
	got := 0
	for offset := 0; ; offset += 100 {
		n := len(a.ask("POST", list, fmt.Sprintf(`{"offset":%d}`, offset)).list("reports"))
		got += n
		if n < 100 {
			break
		}
	}
	if got != 250 {
		t.Errorf("%d reports", got)
	}
	a.Clock.Advance(100 * time.Hour)
	ids := a.saveIDs("26249")
	if len(ids) != 2 {
		t.Fatalf("saves %v", ids)
	}
	header, rows := a.whole("26249")
	if len(header.Items) != 14 || rows[0].texts()[0] != rows[10].texts()[0] || rows[0].texts()[0] == rows[1].texts()[0] {
		t.Errorf("%d columns, first cells %v, %v, %v", len(header.Items), rows[0].texts()[0], rows[1].texts()[0], rows[10].texts()[0])
	}
}

func FuzzAppendText(f *testing.F) {
	for _, s := range append(slices.Clone(remarks), "\x00\x1f\x7f", "\u2028", "\ufffd") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // the simulator's own texts are valid
		}
		for _, escaped := range []bool{false, true} {
			b := appendText(nil, s, escaped)
			var back string
			if err := json.Unmarshal(b, &back); err != nil || back != s {
				t.Fatalf("%q became %s and then %q, %v", s, b, back, err)
			}
			if escaped && bytes.ContainsFunc(b, func(r rune) bool { return r > 0x7f }) {
				t.Fatalf("%s is not ASCII", b)
			}
		}
	})
}

func BenchmarkUniformChunk(b *testing.B) {
	o, err := Options{Reports: 1, Rows: 1_000_000}.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	w := newWorld(1, simtest.Noon, o)
	for n := 0; b.Loop(); n++ {
		if err := w.writeChunk(io.Discard, w.reports[0], 1, n%100, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSalesChunk(b *testing.B) {
	w := newWorld(1, simtest.Noon, Options{KeepSaves: keepSaves})
	for b.Loop() {
		if err := w.writeChunk(io.Discard, w.reports[0], 5322, 1, true); err != nil {
			b.Fatal(err)
		}
	}
}
