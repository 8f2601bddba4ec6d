package reliability

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// one is a service with one save of one chunk, whose data the test writes.
func one(t *testing.T, data func(w io.Writer)) *place {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/save/list") {
			_, _ = io.WriteString(w, `{"result":"success","saves":[{"id":7,"reportId":1,"name":"Save","chunksCount":1}]}`)
			return
		}
		data(w)
	}))
	t.Cleanup(s.Close)
	p := newPlace(t, fmt.Sprintf("provider \"planfix\" {\n  base_url = %q\n  token = \"x\"\n  requests_per_second = 1000\n  max_retries = 0\n}\nexport \"planfix_report\" \"big\" {\n  report_id = \"1\"\n}\n", s.URL+"/rest"))
	p.served = true
	return p
}

const (
	head = `{"result":"success","data":{"chunk":0,"rows":[`
	tail = `]}}`
)

func row(kind, cell string) string {
	return `{"type":"` + kind + `","depth":0,"items":[{"text":"` + cell + `"},{"text":"b"}]}`
}

// However large or deep an answer is, memory stays small, and what is not a report is
// an error.
func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	size := int64(256 << 20)
	if long {
		size = 2 << 30
	}
	const most = 96 << 10 // KiB
	t.Run("a chunk of gigabytes", func(t *testing.T) {
		t.Parallel()
		block := []byte(strings.Repeat(","+row("Normal", strings.Repeat("x", 200)), 1000))
		p := one(t, func(w io.Writer) {
			_, _ = io.WriteString(w, head+row("Header", "A"))
			for n := int64(0); n < size; n += int64(len(block)) {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
			_, _ = io.WriteString(w, tail)
		})
		p.must("apply", "-auto-approve")
		if p.peak.memory > most {
			t.Errorf("it took %d MiB", p.peak.memory>>10)
		}
		p.must("verify")
	})
	for name, c := range map[string]struct {
		data func(w io.Writer)
		want string
	}{
		"a cell without an end": {func(w io.Writer) {
			_, _ = io.WriteString(w, head+row("Header", "A")+`,{"type":"Normal","depth":0,"items":[{"text":"`)
			block := bytes.Repeat([]byte("x"), 1<<20)
			for n := int64(0); n < size; n += int64(len(block)) {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "larger than 64 MiB"},
		"ten thousand levels": {func(w io.Writer) {
			_, _ = io.WriteString(w, head+row("Header", "A")+`,{"type":"Normal","x":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+`}`+tail)
		}, "too deep"},
		"zeros for ever": {func(w io.Writer) {
			block := make([]byte, 1<<20)
			for n := int64(0); n < size; n += int64(len(block)) {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := one(t, c.data)
			out, code := p.run(nil, "apply", "-auto-approve")
			if code != 3 || !strings.Contains(out, c.want) || strings.Contains(out, "goroutine ") {
				t.Errorf("exit status %d\n%.2000s", code, out)
			}
			if p.peak.memory > 2*most { // a row may have 64 MiB, and is held
				t.Errorf("it took %d MiB", p.peak.memory>>10)
			}
			for name := range p.files() {
				t.Errorf("%s was left", name)
			}
		})
	}
	t.Run("sixteen thousand columns", func(t *testing.T) {
		t.Parallel()
		cells := strings.TrimSuffix(strings.Repeat(`{"text":"c"},`, 16_000), ",")
		p := one(t, func(w io.Writer) {
			_, _ = io.WriteString(w, head+`{"type":"Header","depth":0,"items":[`+cells+`]}`)
			for range 50 {
				_, _ = io.WriteString(w, `,{"type":"Normal","depth":0,"items":[`+cells+`]}`)
			}
			_, _ = io.WriteString(w, tail)
		})
		p.must("apply", "-auto-approve")
		for name, text := range p.files() {
			first, _, _ := strings.Cut(text, "\n")
			if !isManifest(name) && strings.Count(first, ",") != 15_999 {
				t.Errorf("%s has %d columns", name, strings.Count(first, ",")+1)
			}
		}
		p.must("plan", "-detailed-exitcode")
	})
}
