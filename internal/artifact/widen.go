package artifact

import (
	"bytes"

	"reportsync/internal/export"
)

// step says how many columns the rows from a number on have.
type step struct {
	row  int64
	cols int
}

// widener gives rows that were written before all columns were known the cells
// and keys they lack. It takes the bytes in pieces of any size and keeps none of
// them: what it remembers is where in a record it is.
type widener struct {
	csv   *csvEncoder // exactly one of them is set; it knows all columns
	jsonl *jsonlEncoder
	cols  []export.Column
	steps []step

	row    int64 // -1 while in the old header
	have   int   // columns of the present record
	begun  bool
	quotes bool // within quotes
	held   int  // bytes of the record not passed on yet: quotes, or a brace
	start  bool // nothing of the record was seen
}

// feed appends the widened form of the next piece to dst.
func (w *widener) feed(dst, piece []byte) []byte {
	if !w.begun {
		w.begun, w.start = true, true
		if w.csv != nil {
			dst = w.csv.head(dst, w.cols)
			if w.steps[0].cols > 0 {
				w.row = -1
			}
		}
		w.enter()
	}
	if w.csv != nil {
		return w.feedCSV(dst, piece)
	}
	return w.feedJSON(dst, piece)
}

// enter begins the record with the number row.
func (w *widener) enter() {
	for len(w.steps) > 0 && w.steps[0].row <= w.row {
		w.have, w.steps = w.steps[0].cols, w.steps[1:]
	}
	w.start, w.held = true, 0
}

func (w *widener) feedCSV(dst, piece []byte) []byte {
	plain := 0
	for i, b := range piece {
		if b == '\n' && !w.quotes {
			if w.row >= 0 {
				dst = w.endCSV(append(dst, piece[plain:i]...))
			}
			plain = i + 1
			w.row++
			w.enter()
			continue
		}
		if b != '"' {
			w.start = false
			if w.held > 0 { // the quotes belonged to a cell
				dst, plain, w.held = w.release(dst), i, 0
			}
			continue
		}
		w.quotes = !w.quotes
		switch {
		case w.row < 0 || w.have != 1: // only a lone empty cell is written as quotes
		case w.start:
			w.start, w.held, plain = false, 1, i+1
		case w.held == 1:
			w.held, plain = 2, i+1
		case w.held == 2:
			dst, plain, w.held = w.release(dst), i, 0
		}
	}
	if w.row < 0 {
		return dst
	}
	return append(dst, piece[plain:]...)
}

// release passes on quotes that were held back.
func (w *widener) release(dst []byte) []byte { return append(dst, `""`[:w.held]...) }

// endCSV ends a record. Two quotes alone are the empty cell of a single column.
func (w *widener) endCSV(dst []byte) []byte {
	if w.held == 2 && w.csv.n == 1 {
		dst = w.release(dst)
	}
	return append(w.csv.pad(dst, w.have), '\n')
}

func (w *widener) feedJSON(dst, piece []byte) []byte {
	for len(piece) > 0 {
		line, rest, whole := bytes.Cut(piece, []byte("\n"))
		if len(line) > 0 && w.have > 0 { // an object without keys is written anew
			if w.held > 0 {
				dst, w.held = append(dst, '}'), 0
			}
			if line[len(line)-1] == '}' {
				line, w.held = line[:len(line)-1], 1
			}
			dst = append(dst, line...)
		}
		if whole {
			dst = w.endJSON(dst)
			w.row++
			w.enter()
		}
		piece = rest
	}
	return dst
}

// endJSON closes an object whose brace was held back. The first key brings its own
// opening brace.
func (w *widener) endJSON(dst []byte) []byte {
	return append(w.jsonl.pad(dst, w.have), '}', '\n')
}
