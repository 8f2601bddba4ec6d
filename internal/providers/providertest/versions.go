package providertest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

func testAccount(t *testing.T, f *Fixture) {
	if f.Provider.Account() == "" {
		t.Error("the account has no key")
	}
	noSecrets(t, f, f.Provider.Account())
	l := f.Provider.Limits()
	if l.MaxInFlight < 1 || l.RequestsPerSecond < 0 {
		t.Errorf("the limits are %+v", l)
	}
	for i := 1; i < len(l.PollIntervals); i++ {
		if l.PollIntervals[i] < l.PollIntervals[i-1] {
			t.Errorf("the waits between polls shrink: %v", l.PollIntervals)
		}
	}
}

func testObserve(t *testing.T, f *Fixture) {
	first, err := f.Provider.Observe(t.Context(), f.Target)
	if err != nil {
		t.Fatal(err)
	}
	if f.Reading {
		if len(first.Versions) > 0 {
			t.Errorf("versions are listed: %v", first.Versions)
		}
		return
	}
	if len(first.Versions) < 2 {
		t.Fatalf("the target has %d versions, the suite needs two", len(first.Versions))
	}
	seen := map[string]bool{}
	for i, v := range first.Versions {
		if v.ID == "" || seen[v.ID] {
			t.Errorf("version %d has the id %q, which is empty or not its own", i, v.ID)
		}
		seen[v.ID] = true
		if i > 0 && first.Versions[i-1].Compare(v) >= 0 {
			t.Errorf("version %s is not newer than %s before it", v.ID, first.Versions[i-1].ID)
		}
	}
	again := f.Target
	again.Resolved = first.Resolved
	second, err := f.Provider.Observe(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("observing twice (-first +second):\n%s", diff)
	}
}

func testData(t *testing.T, f *Fixture) {
	reader, ok := f.Provider.(providers.DataReader)
	if !ok {
		t.Skip("it has no data sources")
	}
	for typ, args := range f.Data {
		v, err := reader.ReadData(t.Context(), typ, args)
		if err != nil {
			t.Errorf("%s: %v", typ, err)
		} else if !v.Type().IsObjectType() || !v.IsWhollyKnown() || v.ContainsMarked() {
			t.Errorf("%s: the value is %#v, not an object that is known and bare", typ, v)
		}
	}
	if _, err := reader.ReadData(t.Context(), "no_such_type", nil); err == nil {
		t.Error("a data source that does not exist can be read")
	}
}

func testOpen(t *testing.T, f *Fixture) {
	v := newest(t, f)
	r := open(t, f, v)
	parts, err := readAll(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) == 0 || v.Parts > 0 && !v.PartsTolerant && len(parts) != v.Parts {
		t.Errorf("%d parts were read, %d are known", len(parts), v.Parts)
	}
	rows := 0
	for i, p := range parts {
		if p.Index != i || p.Ext == "" || len(p.Body) == 0 {
			t.Errorf("part %d has index %d, extension %q and %d bytes", i, p.Index, p.Ext, len(p.Body))
		}
		rows += len(p.Cells)
		if i > 0 && p.Sheet == parts[i-1].Sheet && len(p.Names) >= len(parts[i-1].Names) {
			if diff := cmp.Diff(parts[i-1].Names, p.Names[:len(parts[i-1].Names)]); diff != "" {
				t.Errorf("columns moved between parts (-before +after):\n%s", diff)
			}
		}
		unique := map[string]bool{}
		for _, n := range p.Names {
			if n == "" || unique[n] {
				t.Errorf("part %d: the column name %q is empty or there twice", i, n)
			}
			unique[n] = true
		}
	}
	if rows == 0 {
		t.Error("there are no rows")
	}
	for range 2 {
		if p, err := r.Next(t.Context()); !errors.Is(err, io.EOF) || p != nil {
			t.Errorf("after the end, Next returns %v, %v", p, err)
		}
	}
	same, err := readAll(t.Context(), open(t, f, v))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parts, same); diff != "" {
		t.Errorf("reading twice (-first +second):\n%s", diff)
	}
}

func testAgain(t *testing.T, f *Fixture) {
	v := newest(t, f)
	want, err := readAll(t.Context(), open(t, f, v))
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, f, v)
	for i := range want {
		if _, err := readNext(t, r); err != nil {
			t.Fatal(err)
		}
		p, err := r.Again(t.Context())
		if err != nil {
			t.Fatalf("part %d again: %v", i, err)
		}
		got, err := readPart(p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("part %d again (-first +again):\n%s", i, diff)
		}
	}
	if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the last part, Next returns %v", err)
	}
}

func readNext(t *testing.T, r export.Reader) (part, error) {
	t.Helper()
	p, err := r.Next(t.Context())
	if err != nil {
		return part{}, err
	}
	return readPart(p)
}

// testAgainMiddle gives up a part in its middle, as the engine does.
func testAgainMiddle(t *testing.T, f *Fixture) {
	v := newest(t, f)
	want, err := readAll(t.Context(), open(t, f, v))
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, f, v)
	p, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p.Rows != nil {
		if _, err := p.Rows(p.Body).Next(); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	} else if _, err := p.Body.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if p, err = r.Again(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, err := readPart(p)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := readAll(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, append([]part{first}, rest...)); diff != "" {
		t.Errorf("with a part given up in the middle (-whole +again):\n%s", diff)
	}
}

func testCutBody(t *testing.T, f *Fixture) {
	if f.CutBody == nil {
		t.Skip("the fixture cannot cut")
	}
	v := newest(t, f)
	want, err := readAll(t.Context(), open(t, f, v))
	if err != nil {
		t.Fatal(err)
	}
	f.CutBody()
	r := open(t, f, v)
	p, err := r.Next(t.Context())
	if err == nil {
		var got part
		got, err = readPart(p)
		if err == nil {
			if bytes.Equal(got.Body, want[0].Body) {
				t.Fatal("the fixture has cut nothing")
			}
			t.Fatalf("a body of %d bytes instead of %d counts as whole", len(got.Body), len(want[0].Body))
		}
		checkError(t, f, "read a cut body", err)
		if p, err = r.Again(t.Context()); err != nil {
			t.Fatalf("again after the cut: %v", err)
		}
	} else if p, err = r.Next(t.Context()); err != nil {
		t.Fatalf("next after the cut: %v", err)
	}
	got, err := readPart(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[0], got); diff != "" {
		t.Errorf("after the cut (-whole +again):\n%s", diff)
	}
}

func testCloseEarly(t *testing.T, f *Fixture) {
	r := open(t, f, newest(t, f))
	if _, err := r.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := r.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a closed reader returns %v, as if the version ended", err)
	}
}
