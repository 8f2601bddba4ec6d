package artifact

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func keep(t testing.TB, p *Parts, index int, body string) {
	t.Helper()
	b, err := p.Keep(index, "s", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 2)
	if _, err := b.Read(one); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

func kept(t testing.TB, p *Parts) []string {
	t.Helper()
	list, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for i, k := range list {
		r, err := k.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if k.Index != i || k.Sheet != "s" {
			t.Errorf("part %d is %+v", i, k)
		}
		out = append(out, string(text))
	}
	return out
}

func TestPartsAreKeptForALaterRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	p := s.Parts("planfix_xml_list.tasks 20260101T000000Z")
	keep(t, p, 0, "page one")
	keep(t, p, 1, "page two")
	half, err := p.Keep(2, "s", broken("page th"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(half); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}

	later := openStore(t, dir) // as after a kill
	if err := errors.Join(later.Sweep(), later.DropPartsExcept("planfix_xml_list.tasks 20260101T000000Z")); err != nil {
		t.Fatal(err)
	}
	p = later.Parts("planfix_xml_list.tasks 20260101T000000Z")
	if diff := cmp.Diff([]string{"page one", "page two"}, kept(t, p)); diff != "" {
		t.Error(diff)
	}
	// Going on, and starting over from some part on.
	keep(t, p, 2, "page three")
	keep(t, p, 1, "page 2")
	if diff := cmp.Diff([]string{"page one", "page 2"}, kept(t, p)); diff != "" {
		t.Error(diff)
	}
	if err := half.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := p.Drop(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{}, kept(t, p)); diff != "" {
		t.Error(diff)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestPartsThatNobodyWantsGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	keep(t, s.Parts("a"), 0, "x")
	keep(t, s.Parts("b"), 0, "y")
	if err := s.DropPartsExcept("b", "c"); err != nil {
		t.Fatal(err)
	}
	if a, b := kept(t, s.Parts("a")), kept(t, s.Parts("b")); len(a) != 0 || len(b) != 1 {
		t.Errorf("a %v, b %v", a, b)
	}
	if err := s.DropPartsExcept(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestDamagedPartsDoNotCount(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(p *Parts) (file, text string){
		"an edited body":    func(p *Parts) (string, string) { return p.name(1), "page 2!!" },
		"a cut body":        func(p *Parts) (string, string) { return p.name(1), "page" },
		"an edited voucher": func(p *Parts) (string, string) { return p.name(1) + ".json", "{" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := openStore(t, dir).Parts("a")
			for i, text := range []string{"page one", "page two", "page three"} {
				keep(t, p, i, text)
			}
			file, text := harm(p)
			write(t, dir, file, text)
			if diff := cmp.Diff([]string{"page one"}, kept(t, p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever call fails, and whenever the process dies, what counts is whole.
func TestPartsUnderFaults(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		dir := t.TempDir()
		f := &faults{fail: killed(n)}
		s, err := open(dir, "0123456789abcdef", f.wrap)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Parts("a")
		whole := true
		for i, text := range []string{"page one", "page two"} {
			b, err := p.Keep(i, "s", strings.NewReader(text))
			if err == nil {
				err = b.Commit()
			}
			if err != nil {
				whole = false
				break
			}
		}
		_ = s.Close()
		got := kept(t, openStore(t, dir).Parts("a"))
		for i, text := range got {
			if text != []string{"page one", "page two"}[i] {
				t.Errorf("killed at call %d: part %d is %q", n, i, text)
			}
		}
		if whole {
			if len(got) != 2 {
				t.Errorf("kept %v", got)
			}
			return
		}
	}
}

// Folders that are empty for a moment are not removed under the hands of others.
func TestFoldersUnderOthersHands(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir(), "lineage0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 300 {
				if n%2 == 0 {
					f, err := s.Scratch()
					if err != nil {
						t.Error(err)
						return
					}
					_ = f.Close()
					s.removeEmpty(s.disk)
					continue
				}
				p := s.Parts(fmt.Sprintf("reading-%d-%d", n, i))
				k, err := p.Keep(0, "", strings.NewReader("x"))
				if err == nil {
					err = errors.Join(k.Discard(), p.Drop())
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}
