package planfix

import (
	"context"
	"fmt"
	"io"
	"sync"

	"reportsync/internal/crash"
)

const (
	// pieceSize and pieces bound what a chunk that is read ahead may hold in memory.
	pieceSize = 256 << 10
	pieces    = 16
)

// body is the body of one chunk, as it comes or from what was read ahead.
type body struct {
	from  io.Reader
	close func() error
	empty bool // known to have no rows
	once  sync.Once

	// Of a chunk that is read ahead:
	index  int
	ready  chan struct{} // closed when empty and err are set
	err    error
	cancel context.CancelCauseFunc
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) { return b.from.Read(p) }

// Close ends the request, whether the body was read or not.
func (b *body) Close() {
	b.once.Do(func() {
		if b.close != nil {
			_ = b.close() // what is wrong with the body was said by Read
		}
	})
}

// take returns chunk n: one that was asked for ahead, or a fresh one. Those that
// come after it are asked for before it is waited for, as far as the account has
// places, so that as many are under way as there may be.
func (r *reader) take(ctx context.Context, n int) (*body, error) {
	if len(r.ahead) == 0 || r.ahead[0].index != n {
		r.dropAhead()
	}
	r.readAhead(ctx, n)
	if len(r.ahead) == 0 {
		return r.p.fetch(ctx, r.chunk(n))
	}
	b := r.ahead[0]
	r.ahead = r.ahead[1:]
	select {
	case <-b.ready:
	case <-ctx.Done():
		b.Close()
		return nil, fmt.Errorf("%s: %w", r.op(n), context.Cause(ctx))
	}
	if b.err != nil {
		b.Close()
		return nil, b.err
	}
	b.follow(ctx)
	return b, nil
}

// follow ends the request when the context of the call that took the chunk ends:
// the one that asked for it ahead may have ended long before.
func (b *body) follow(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { b.cancel(context.Cause(ctx)) })
	end := b.close
	b.close = func() error {
		stop()
		return end()
	}
}

// readAhead asks for chunks from n on, as long as there are places. A place is
// held until the chunk is read or dropped. Chunks are asked for without a gap, so
// the one that is waited for is among them or is asked for without a place, and
// what is waited for always goes on.
func (r *reader) readAhead(ctx context.Context, n int) {
	for n += len(r.ahead); n < r.version.Parts && len(r.ahead) < cap(r.p.ahead); n++ {
		select {
		case r.p.ahead <- struct{}{}:
			r.ahead = append(r.ahead, r.p.fetchAhead(ctx, r.chunk(n)))
		default:
			return
		}
	}
}

func (r *reader) dropAhead() {
	for _, b := range r.ahead {
		b.Close()
	}
	r.ahead = nil
}

// fetchAhead asks for a chunk in another goroutine, which ends with the body or
// with Close.
func (p *provider) fetchAhead(ctx context.Context, c chunkRequest) *body {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	b := &body{index: c.n, ready: make(chan struct{}), cancel: cancel}
	q := &queue{ctx: ctx, full: make(chan []byte, pieces-2), free: make(chan []byte, pieces)}
	done := make(chan struct{})
	b.from = q
	b.close = func() error {
		cancel(context.Canceled)
		<-done
		return nil
	}
	go func() {
		defer close(done)
		defer func() { <-p.ahead }()
		var got *body
		err := crash.Catch(func() (err error) {
			got, err = p.fetch(ctx, c)
			return err
		})
		if err != nil {
			b.err = err
			close(b.ready)
			return
		}
		b.empty = got.empty
		close(b.ready)
		q.pump(got)
		got.Close()
	}()
	return b
}

// queue hands a body from the goroutine that receives it to the one that reads it,
// holding no more than a bounded number of pieces.
type queue struct {
	ctx        context.Context //nolint:containedctx // it ends the waiting on both sides
	full, free chan []byte
	err        error // why full was closed

	piece, rest []byte // of the reading side
}

// pump moves the whole body into the queue.
func (q *queue) pump(b *body) {
	defer close(q.full)
	for {
		piece := q.empty()
		n := 0
		err := crash.Catch(func() (err error) {
			n, err = fillPiece(b, piece)
			return err
		})
		if n > 0 {
			select {
			case q.full <- piece[:n]:
			case <-q.ctx.Done():
				q.err = context.Cause(q.ctx)
				return
			}
		}
		if err != nil {
			q.err = err
			return
		}
	}
}

// empty returns a piece that is free, or another one.
func (q *queue) empty() []byte {
	select {
	case p := <-q.free:
		return p[:cap(p)]
	default:
		return make([]byte, pieceSize)
	}
}

// fillPiece reads until the piece is full or the body ends.
func fillPiece(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// Read implements [io.Reader].
func (q *queue) Read(p []byte) (int, error) {
	if len(q.rest) == 0 {
		if q.piece != nil {
			select {
			case q.free <- q.piece:
			default:
			}
			q.piece = nil
		}
		piece, ok := <-q.full
		if !ok {
			return 0, q.err
		}
		q.piece, q.rest = piece, piece
	}
	n := copy(p, q.rest)
	q.rest = q.rest[n:]
	return n, nil
}
