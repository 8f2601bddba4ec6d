package view

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Streams are where text goes, and what is known about the terminals there.
type Streams struct {
	Out, Err io.Writer
	// OutTTY and ErrTTY tell whether a terminal that understands cursor movements
	// is at the other end. A dumb terminal is none.
	OutTTY, ErrTTY bool
	// Width returns the columns of Out's terminal. It is asked anew for each
	// frame, because windows change. Nil or less than one means 80.
	Width func() int
}

// Options say how things are shown.
type Options struct {
	Color bool
	// JSON turns every line on stdout into a JSON object.
	JSON bool
	// Now tells the time that people live in. It is needed.
	Now func() time.Time
	// Location is the zone of the times shown; nil means UTC.
	Location *time.Location
	// Redact lists secrets that must never be shown: each is replaced by
	// (sensitive) in everything printed. Those shorter than four bytes are passed
	// over, because they would make other text unreadable and hide nothing.
	Redact []string
}

// View prints. Its methods may be called from several goroutines at once.
type View struct {
	streams Streams
	options Options
	secrets atomic.Pointer[redactor]

	mu   sync.Mutex // serialises writing, and guards what follows
	live *screen    // the redrawn lines at the bottom of a terminal, or nil
	err  error      // the first error of a stream
}

// New returns a view of the streams.
func New(s Streams, o Options) *View {
	if s.Out == nil {
		s.Out = io.Discard
	}
	if s.Err == nil {
		s.Err = io.Discard
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Time{} }
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	v := &View{streams: s, options: o}
	v.secrets.Store(newRedactor(o.Redact))
	return v
}

// SetRedact replaces the list of secrets; more become known when a configuration
// is evaluated. Those given to [New] stay.
func (v *View) SetRedact(secrets []string) {
	all := append(append([]string(nil), v.options.Redact...), secrets...)
	v.secrets.Store(newRedactor(all))
}

// Err returns the first error of writing to a stream, such as a full disk behind
// a redirection or a closed pipe.
func (v *View) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// JSONMode reports whether stdout is JSON lines.
func (v *View) JSONMode() bool { return v.options.JSON }

// print writes human text to stdout. With JSON it becomes the message of an
// event, because nothing but JSON may be there.
func (v *View) print(s string) {
	if v.options.JSON {
		v.emit(levelInfo, "log", strings.Trim(v.finish(stripped(s)), "\n"))
		return
	}
	v.write(v.streams.Out, v.finish(s))
}

// printErr writes human text to stderr.
func (v *View) printErr(s string) { v.write(v.streams.Err, v.finish(s)) }

// write writes text that went through the gate already.
func (v *View) write(w io.Writer, s string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live != nil {
		// Permanent text goes above the redrawn lines; the next frame brings
		// those back.
		v.writeLocked(v.streams.Out, v.live.erase())
	}
	v.writeLocked(w, s)
}

func (v *View) writeLocked(w io.Writer, s string) {
	if s == "" {
		return
	}
	if _, err := io.WriteString(w, s); err != nil && v.err == nil {
		v.err = err
	}
}

// width is the number of columns to fill.
func (v *View) width() int {
	if v.streams.Width != nil {
		if w := v.streams.Width(); w > 0 {
			return w
		}
	}
	return 80
}

// now is the present in the zone that is shown.
func (v *View) now() time.Time { return v.options.Now().In(v.options.Location) }

// stamp is a moment as tables and plans show it.
func (v *View) stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.options.Location).Format("2006-01-02 15:04")
}

// when is a moment in the nearest words.
func (v *View) when(t time.Time) string { return When(t, v.now()) }
