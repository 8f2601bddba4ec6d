package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"reportsync/internal/providers"
)

// readBuffer is how much of a compressed body is read at once.
const readBuffer = 256 << 10

// Stream is an answer whose body is read as it comes. Reading ends with io.EOF
// only when the whole body came; every other end is a *[providers.Error]. It is
// for one goroutine, but may be closed by another.
type Stream struct {
	Status int
	Header http.Header
	// Whole is the body if it is short, else nil.
	Whole []byte

	head []byte
	body *response
}

// Read implements [io.Reader]. Large buffers make it fast: 256 KiB or more.
func (s *Stream) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n, err := s.body.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, s.body.failure(err)
}

// Close ends the request, whether the body was read or not.
func (s *Stream) Close() error { return s.body.Close() }

// response is one answer of one attempt. It holds a slot of the pacer until its
// body has ended or it is closed.
type response struct {
	ctx    context.Context //nolint:containedctx // it outlives the call: the body is read under it
	cancel context.CancelCauseFunc
	parent context.Context //nolint:containedctx // tells the caller's end from ours
	leave  func()
	once   sync.Once
	client *Client
	call   *Call
	stall  time.Duration

	status int
	header http.Header
	raw    io.ReadCloser
	timer  *time.Timer
	from   io.Reader // raw, or what gzip makes of it
	bytes  func(int)
	err    error // how the body ended
}

// begin takes over the answer.
func (r *response) begin(got *http.Response) error {
	r.status, r.header, r.raw = got.StatusCode, got.Header, got.Body
	r.timer = time.AfterFunc(r.stall, func() { r.cancel(errStalled) })
	r.timer.Stop()
	r.bytes = providers.TraceOf(r.ctx).Bytes
	r.from = wire{r}
	if !strings.EqualFold(got.Header.Get("Content-Encoding"), "gzip") {
		return nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(wire{r}, readBuffer))
	switch {
	case errors.Is(err, io.EOF): // no body at all
	case err != nil:
		err = causeOf(r.ctx, err)
		_ = r.Close()
		return err
	default:
		r.from = z
	}
	return nil
}

// wire reads the body as it comes over the network.
type wire struct{ r *response }

func (w wire) Read(p []byte) (int, error) {
	w.r.timer.Reset(w.r.stall)
	n, err := w.r.raw.Read(p)
	w.r.timer.Stop()
	if n > 0 && w.r.bytes != nil {
		w.r.bytes(n)
	}
	return n, err
}

// Read implements [io.Reader].
func (r *response) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			err = causeOf(r.ctx, err)
		}
		r.err = err
		r.end()
	}
	return n, err
}

// Close implements [io.Closer].
func (r *response) Close() error {
	r.end()
	return nil
}

// end closes the body and gives the slot back, once.
func (r *response) end() {
	r.once.Do(func() {
		r.cancel(context.Canceled)
		if r.raw != nil {
			_ = r.raw.Close() // what is wrong with the body was said by Read
		}
		if r.timer != nil {
			r.timer.Stop()
		}
		r.leave()
	})
}

// failure puts an error of the body into words.
func (r *response) failure(err error) error {
	if r.parent.Err() != nil {
		return fmt.Errorf("%s: %w", r.call.Op, context.Cause(r.parent))
	}
	if errors.Is(err, context.Canceled) {
		return err // closed while it was read
	}
	if _, ok := errors.AsType[*providers.Error](err); ok {
		return err
	}
	e := r.client.fault(r.parent, r.call, err, true)
	e.Status = r.status
	return e
}

// readAll returns what r holds, also before an error, in the buffer if there is one.
func readAll(r io.Reader, buffer []byte) ([]byte, error) {
	if buffer == nil {
		return io.ReadAll(r)
	}
	buf := bytes.NewBuffer(buffer[:0])
	_, err := buf.ReadFrom(r)
	return buf.Bytes(), err
}

// whole reads the body up to a limit. More than that is an error for a good
// answer, and cut off for a bad one.
func (r *response) whole(limit int64) (*Answer, error) {
	good := r.status >= 200 && r.status < 300
	if !good {
		limit = errorBody
	}
	body, err := readAll(io.LimitReader(r, limit+1), r.call.Buffer)
	if err != nil && good {
		return nil, err
	}
	if int64(len(body)) > limit {
		if good {
			return nil, &providers.Error{
				Kind: providers.Protocol, Op: r.call.Op, Status: r.status, Message: fmt.Sprintf("the answer is larger than %d MiB", limit>>20),
				Hint: "No such answer is known of the service. Check base_url, and whether a proxy on the way answers in the service's place.",
			}
		}
		body = body[:limit]
	}
	r.end()
	return &Answer{Status: r.status, Header: r.header, Body: body}, nil
}

// peek reads the beginning of the body; whole tells that there is no more.
func (r *response) peek(n int) (head []byte, whole bool, err error) {
	head = make([]byte, n)
	got := 0
	for got < n {
		m, err := r.Read(head[got:])
		got += m
		switch {
		case errors.Is(err, io.EOF):
			return head[:got], true, nil
		case err != nil:
			return nil, false, err
		}
	}
	return head, false, nil
}
