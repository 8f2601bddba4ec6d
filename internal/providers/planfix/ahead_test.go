package planfix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/crash"
	"reportsync/internal/export"
)

// Chunks are asked for ahead, no more of them at once than allowed, and come in
// order however the answers come.
func TestAhead(t *testing.T) {
	t.Parallel()
	const parts = 12
	s := newService(t)
	gates := make([]chan struct{}, parts)
	for i := range parts {
		gates[i] = make(chan struct{})
		body := chunk(i, normal(fmt.Sprint(i), strings.Repeat("y", 600<<10)))
		if i == 0 {
			body = chunk(0, header("A", "B"), normal("0"))
		}
		s.on(routeChunk(i), func(w http.ResponseWriter, r *http.Request) {
			if i%3 == 0 && i > 0 {
				<-gates[i-1] // it waits for the one before it to be answered
			}
			_, _ = io.WriteString(w, body)
			close(gates[i])
		})
	}
	p, _ := account(t, s, map[string]cty.Value{"max_in_flight": cty.NumberIntVal(4)})
	r, _ := p.Open(t.Context(), target(nil), export.Version{ID: "5388", Parts: parts})
	defer func() { _ = r.Close() }()
	// Each part is taken under a context of its own that ends before the next one:
	// what was asked for ahead must not end with it.
	n := 0
	for ; ; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		part, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			cancel()
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows := part.Rows(part.Body)
		cells, err := rows.Next()
		if err != nil || string(cells[0]) != fmt.Sprint(n) {
			t.Fatalf("part %d begins with %.20q, error %v", n, cells, err)
		}
		if _, err := rows.Next(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		cancel()
	}
	if n != parts || len(p.ahead) != 0 {
		t.Errorf("%d parts, %d places are still taken", n, len(p.ahead))
	}
}

// Readers that read ahead side by side must not wait for each other for ever.
func TestAheadBeside(t *testing.T) {
	t.Parallel()
	const parts = 3
	s := newService(t)
	big := normal(strings.Repeat("z", 5<<20))
	for i := range parts {
		body := chunk(i, big)
		s.on(routeChunk(i), fail(500, 0, "Rest API error"), ok(body))
	}
	p, _ := account(t, s, map[string]cty.Value{"max_in_flight": cty.NumberIntVal(2)})
	errs := make(chan error)
	for range 2 {
		go func() {
			r, _ := p.Open(t.Context(), target(nil), export.Version{ID: "5388", Parts: parts})
			got, err := readVersion(t.Context(), r)
			if err == nil && got.Parts != parts {
				err = fmt.Errorf("%d parts", got.Parts)
			}
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// A panic while a body is received is an error of the body, not its end.
func TestAheadPanics(t *testing.T) {
	t.Parallel()
	q := &queue{ctx: t.Context(), full: make(chan []byte, pieces-2), free: make(chan []byte, pieces)}
	go q.pump(&body{from: panicking{}})
	_, err := io.ReadAll(q)
	if _, ok := errors.AsType[*crash.Panic](err); !ok {
		t.Errorf("the body ended with %v", err)
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("cannot happen") }
