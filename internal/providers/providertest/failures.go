package providertest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// prompt is how long a call may take to end after it was told to. It is generous:
// machines that test are busy.
const prompt = 5 * time.Second

// call is one thing that can be asked of a provider.
type call struct {
	name string
	do   func(context.Context) error
}

// calls are all calls that the fixture's provider knows.
func calls(f *Fixture, v export.Version) []call {
	p := f.Provider
	all := []call{
		{"observe", func(ctx context.Context) error { _, err := p.Observe(ctx, f.Target); return err }},
		{"read version", func(ctx context.Context) error {
			r, err := p.Open(ctx, f.Target, v)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			_, err = readAll(ctx, r)
			return err
		}},
	}
	if f.Reading {
		all = all[1:]
	}
	if d, ok := p.(providers.DataReader); ok {
		for typ, args := range f.Data {
			all = append(all, call{"read " + typ, func(ctx context.Context) error { _, err := d.ReadData(ctx, typ, args); return err }})
		}
	}
	if g, ok := p.(providers.Generator); ok {
		all = append(all,
			call{"generate", func(ctx context.Context) error { _, err := g.Generate(ctx, f.Target, nil); return err }},
			call{"poll", func(ctx context.Context) error {
				_, err := g.Poll(ctx, f.Target, export.Request{ID: "no-such-request"})
				return err
			}},
			call{"reconcile", func(ctx context.Context) error {
				_, err := g.Reconcile(ctx, f.Target, export.Intent{Kind: export.IntentGenerate, After: v.ID})
				return err
			}})
	}
	return all
}

func testCancelled(t *testing.T, f *Fixture) {
	v := newest(t, f)
	cause := errors.New("the test says stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	for _, c := range calls(f, v) {
		began := time.Now()
		err := c.do(ctx)
		if !errors.Is(err, cause) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: a cancelled call returns %v", c.name, err)
		}
		if took := time.Since(began); took > prompt {
			t.Errorf("%s: a cancelled call took %s", c.name, took)
		}
	}
}

func testHanging(t *testing.T, f *Fixture) {
	if f.Hang == nil {
		t.Skip("the fixture cannot hang")
	}
	v := newest(t, f)
	f.Hang()
	for _, c := range calls(f, v) {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, cancel)
		began := time.Now()
		err := c.do(ctx)
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: a call without an answer returns %v", c.name, err)
		}
		if took := time.Since(began); took > prompt {
			t.Errorf("%s: it took %s to end", c.name, took)
		}
		timer.Stop()
		cancel()
	}
}

func testRefused(t *testing.T, f *Fixture) {
	v := export.Version{ID: "1", Parts: 1}
	for _, c := range calls(f, v) {
		err := c.do(t.Context())
		if err == nil {
			// A question may be answered although the service refuses: a request that is
			// unknown is lost. A version or a list never is.
			if c.name != "poll" && c.name != "reconcile" {
				t.Errorf("%s: refused by the service, but there is no error", c.name)
			}
			continue
		}
		checkError(t, f, c.name, err)
	}
}

// checkError checks what every error of a provider must have.
func checkError(t *testing.T, f *Fixture, what string, err error) {
	t.Helper()
	e, ok := errors.AsType[*providers.Error](err)
	if !ok {
		t.Errorf("%s: the error is not of a provider: %v", what, err)
		return
	}
	if e.Op == "" || e.Kind == "" {
		t.Errorf("%s: the error has the operation %q and the kind %q: %v", what, e.Op, e.Kind, err)
	}
	if errors.Is(err, io.EOF) {
		t.Errorf("%s: the error could be taken for an end: %v", what, err)
	}
	for _, text := range []string{err.Error(), e.Message, e.Hint} {
		noSecrets(t, f, text)
		if strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("%s: the message has control characters: %q", what, text)
		}
	}
}

func noSecrets(t *testing.T, f *Fixture, text string) {
	t.Helper()
	for _, s := range f.Secrets {
		if s != "" && strings.Contains(text, s) {
			t.Errorf("a secret is in the message: %q", text)
		}
	}
}

// testConcurrent uses a provider from many sides; the race detector looks on.
func testConcurrent(t *testing.T, f *Fixture) {
	v := newest(t, f)
	want, err := readAll(t.Context(), open(t, f, v))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := f.Provider.Observe(t.Context(), f.Target); err != nil {
				t.Errorf("observe: %v", err)
			}
		})
		wg.Go(func() {
			r, err := f.Provider.Open(t.Context(), f.Target, v)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			defer func() { _ = r.Close() }()
			got, err := readAll(t.Context(), r)
			if err != nil {
				t.Errorf("read: %v", err)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read beside others (-alone +beside):\n%s", diff)
			}
		})
		if d, ok := f.Provider.(providers.DataReader); ok {
			for typ, args := range f.Data {
				wg.Go(func() {
					if _, err := d.ReadData(t.Context(), typ, args); err != nil {
						t.Errorf("read %s: %v", typ, err)
					}
				})
			}
		}
	}
	wg.Wait()
}
