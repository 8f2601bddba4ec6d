package view

import (
	"bytes"
	"io"
	"sync"
)

// Log returns a writer for log lines. It passes whole lines to stderr, redacted
// and cleaned of what a terminal would act on.
func (v *View) Log() io.Writer { return &logWriter{view: v} }

// logWriter holds back the last line until it is whole, so that a secret cannot
// hide on the edge of two writes.
type logWriter struct {
	view *View
	mu   sync.Mutex
	rest []byte
}

// Write implements [io.Writer].
func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	end := bytes.LastIndexByte(w.rest, '\n')
	if end < 0 {
		return len(p), nil
	}
	w.view.write(w.view.streams.Err, w.view.textLines(string(w.rest[:end]))+"\n")
	w.rest = append(w.rest[:0], w.rest[end+1:]...)
	return len(p), nil
}
