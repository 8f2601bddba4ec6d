package planfix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// chunk is the answer with a chunk of rows, wrapped as the service sends it.
func chunk(n int, rows ...string) string {
	return fmt.Sprintf(`{"result":"success","data":{"chunk":%d,"rows":[%s]}}`, n, strings.Join(rows, ","))
}

// aRow is a row of the type with texts as cells.
func aRow(typ string, depth int, cells ...string) string {
	items := make([]string, len(cells))
	for i, c := range cells {
		items[i] = fmt.Sprintf(`{"text":%q,"link":"","hidden":false}`, c)
	}
	return fmt.Sprintf(`{"type":%q,"depth":%d,"items":[%s]}`, typ, depth, strings.Join(items, ","))
}

func header(cells ...string) string { return aRow("Header", 0, cells...) }
func normal(cells ...string) string { return aRow("Normal", 0, cells...) }

// content is what was read of a version.
type content struct {
	Columns  []string
	Rows     [][]string
	Parts    int
	Warnings []string
}

func readVersion(ctx context.Context, r export.Reader) (out content, err error) {
	for {
		part, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			out.Warnings = r.Warnings()
			return out, r.Close()
		}
		if err != nil {
			return out, err
		}
		out.Parts++
		rows := part.Rows(part.Body)
		for {
			cells, err := rows.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return out, err
			}
			record := []string{}
			for _, c := range cells {
				record = append(record, string(c))
			}
			out.Rows = append(out.Rows, record)
		}
		out.Columns = nil
		for _, c := range rows.Columns() {
			out.Columns = append(out.Columns, c.Name)
		}
	}
}

func read(t *testing.T, p *provider, v export.Version, args map[string]cty.Value) (content, error) {
	t.Helper()
	r, err := p.Open(t.Context(), target(args), v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return readVersion(t.Context(), r)
}

// The number of chunks decides where a version ends; without it, the service's
// word does, but never its trouble.
func TestEnd(t *testing.T) {
	t.Parallel()
	gone := fail(400, 9000, "Save not found")
	trouble := jsonAnswer(503, "")
	tests := []struct {
		name     string
		parts    int
		tolerant bool
		third    answer
		want     int
		kind     providers.Kind
	}{
		{"known, and never beyond", 2, false, gone, 2, ""},
		{"known, one is missing", 3, false, gone, 0, providers.Gone},
		{"known, one is forbidden", 3, false, fail(403, 6, "Forbidden"), 0, providers.Gone},
		{"known, one is not there", 3, false, jsonAnswer(404, `{"result":"fail"}`), 0, providers.Gone},
		{"known, one is empty", 3, false, ok(chunk(2)), 0, providers.Transient},
		{"maybe one too many, missing", 3, true, gone, 2, ""},
		{"maybe one too many, empty", 3, true, ok(chunk(2)), 2, ""},
		{"maybe one too many, there", 3, true, ok(chunk(2, normal("x"))), 3, ""},
		{"maybe one too many, trouble", 3, true, trouble, 0, providers.Transient},
		{"unknown, empty", 0, false, ok(chunk(2)), 2, ""},
		{"unknown, empty and bare", 0, false, ok(`{"rows":[ ],"chunk":2}`), 2, ""},
		{"unknown, empty and long", 0, false, ok(`{"rows":[],"x":"` + strings.Repeat("x", 10_000) + `"}`), 3, ""},
		{"unknown, refused", 0, false, fail(400, 41, "Value of chunk"), 2, ""},
		{"unknown, refused with a good status", 0, false, fail(200, 9000, "Save not found"), 2, ""},
		{"unknown, code 0", 0, false, fail(400, 0, "Rest API error"), 2, ""},
		{"unknown, trouble", 0, false, trouble, 0, providers.Transient},
		{"unknown, code 0 of the server", 0, false, fail(500, 0, "Rest API error"), 0, providers.Transient},
		{"unknown, lost connection", 0, false, reset, 0, providers.Transient},
		{"unknown, token", 0, false, fail(401, 1, "Token"), 0, providers.Auth},
		{"unknown, forbidden", 0, false, fail(403, 6, "Forbidden"), 0, providers.Gone},
		{"unknown, quota", 0, false, fail(400, 22, "Limit"), 0, providers.Quota},
		{"unknown, no rows at all", 0, false, ok(`{"result":"success"}`), 0, providers.Protocol},
	}
	for _, tt := range tests {
		for _, inFlight := range []int64{1, 4} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, inFlight), func(t *testing.T) {
				t.Parallel()
				s := newService(t)
				s.on(routeChunk(0), ok(chunk(0, header("A"), normal("1"))))
				s.on(routeChunk(1), ok(chunk(1, normal("2"))))
				s.on(routeChunk(2), tt.third)
				s.on(routeChunk(3), ok(chunk(3)))
				p, _ := account(t, s, map[string]cty.Value{"max_in_flight": cty.NumberIntVal(inFlight)})
				got, err := read(t, p, export.Version{ID: "5388", Parts: tt.parts, PartsTolerant: tt.tolerant}, nil)
				if providers.KindOf(err) != tt.kind || tt.kind == "" && err != nil {
					t.Fatalf("error = %v (%s)", err, providers.KindOf(err))
				}
				if tt.kind == "" && got.Parts != tt.want {
					t.Errorf("%d parts, want %d", got.Parts, tt.want)
				}
				if tt.parts == 2 && s.count(routeChunk(2)) > 0 {
					t.Error("a chunk beyond the last was asked for")
				}
				if errors.Is(err, io.EOF) {
					t.Error("the error could be taken for the end")
				}
			})
		}
	}
}

// The first chunk is never the end of anything.
func TestFirstChunkMissing(t *testing.T) {
	t.Parallel()
	for _, v := range []export.Version{{ID: "5388"}, {ID: "5388", Parts: 1, PartsTolerant: true}, {ID: "5388", Parts: 2}} {
		s := newService(t)
		s.on(routeChunk(0), fail(400, 9000, "Save not found"))
		s.on(routeChunk(1), ok(chunk(1, normal("1"))))
		p, _ := account(t, s, nil)
		_, err := read(t, p, v, nil)
		if providers.KindOf(err) != providers.Gone || s.count(routeChunk(0)) != 2 {
			t.Errorf("%+v: error %v after %d requests", v, err, s.count(routeChunk(0)))
		}
	}
}

func TestBrokenChunk(t *testing.T) {
	t.Parallel()
	long := normal(strings.Repeat("x", 8000))
	whole := chunk(0, header("A"), long, long)
	tests := []struct {
		name   string
		answer answer
		kind   providers.Kind
		want   string
	}{
		{"connection lost", cut(200, whole, len(whole)-4000), providers.Transient, "broke off"},
		{"ends early", ok(whole[:len(whole)-4000]), providers.Transient, "broke off"},
		{"ends one byte early", ok(whole[:len(whole)-1]), providers.Transient, "broke off"},
		{"goes on", ok(whole + "x"), providers.Protocol, "behind its end"},
		{"another chunk", ok(chunk(7, long, long)), providers.Protocol, "chunk 7 came"},
		{"no rows", ok(`{"result":"success","data":{"chunk":0,"x":"` + strings.Repeat("x", 10_000) + `"}}`), providers.Protocol, "no rows"},
		{"a failure behind the rows", ok(`{"data":{"chunk":0,"rows":[` + long + `]},"result":"fail","code":0,"error":"Rest API error"}`), providers.Transient, "Rest API error"},
		{"a refusal behind the rows", ok(`{"data":{"chunk":0,"rows":[` + long + `]},"result":"fail","code":9000,"error":"Save not found"}`), providers.Gone, "Save not found"},
		{"a page", ok("<html>" + strings.Repeat("x", 10_000)), providers.Protocol, "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.on(routeChunk(0), tt.answer)
			p, _ := account(t, s, nil)
			_, err := read(t, p, export.Version{ID: "5388", Parts: 1}, nil)
			e, is := asError(err)
			if !is || e.Kind != tt.kind || !strings.Contains(e.Error(), tt.want) || !strings.HasPrefix(e.Op, "read chunk 0") {
				t.Errorf("error = %v (%s)", err, providers.KindOf(err))
			}
			if errors.Is(err, io.EOF) {
				t.Error("the error could be taken for the end")
			}
		})
	}
}

// Reading a chunk again forgets what the first try has learnt: columns and warnings.
func TestAgainForgets(t *testing.T) {
	t.Parallel()
	s := newService(t)
	long := strings.Repeat("x", 8000)
	odd := chunk(0, header("A"), normal("1", "2", "3"), normal(long))
	s.on(routeChunk(0), cut(200, odd, len(odd)-100), ok(chunk(0, header("A"), normal("1"))))
	p, _ := account(t, s, nil)
	r, err := p.Open(t.Context(), target(nil), export.Version{ID: "5388", Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	part, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := part.Rows(part.Body)
	for err == nil {
		_, err = rows.Next()
	}
	if providers.KindOf(err) != providers.Transient || len(rows.Columns()) != 3 {
		t.Fatalf("error %v, columns %v", err, rows.Columns())
	}
	if part, err = r.Again(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows = part.Rows(part.Body)
	for err == nil {
		_, err = rows.Next()
	}
	if !errors.Is(err, io.EOF) || len(rows.Columns()) != 1 || len(r.Warnings()) != 0 {
		t.Errorf("error %v, columns %v, warnings %q", err, rows.Columns(), r.Warnings())
	}
}

// A chunk that could not be opened again must not be passed over.
func TestAgainFails(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.on(routeChunk(0), ok(chunk(0, header("A"), normal("1"))), fail(400, 9000, "Save not found"))
	s.on(routeChunk(1), ok(chunk(1, normal("2"))))
	p, _ := account(t, s, nil)
	r, _ := p.Open(t.Context(), target(nil), export.Version{ID: "5388", Parts: 2})
	if _, err := r.Again(t.Context()); err == nil {
		t.Error("nothing was read, but it was read again")
	}
	if _, err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := r.Again(t.Context())
	if providers.KindOf(err) != providers.Gone {
		t.Fatalf("error = %v", err)
	}
	if _, next := r.Next(t.Context()); next == nil || !errors.Is(next, err) {
		t.Errorf("the next part after a lost one: %v", next)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenByName(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.on(routeReports, ok(`{"result":"success","reports":[{"id":26000,"name":"Sales"}]}`))
	s.on(routeChunk(0), ok(chunk(0, header("A"), normal("1"))))
	p, _ := account(t, s, nil)
	r, err := p.Open(t.Context(), byName("Sales"), export.Version{ID: "5388", Parts: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readVersion(t.Context(), r); err != nil || len(got.Rows) != 1 {
		t.Errorf("%v, error %v", got, err)
	}
	if _, err := p.Open(t.Context(), target(nil), export.Version{}); err == nil {
		t.Error("a version without an id was opened")
	}
}
