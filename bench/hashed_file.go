package main

import (
	"crypto/sha256"
	"errors"
	"os"
)

// hashedFile is a file that a second goroutine hashes and writes.
type hashedFile struct {
	f    *os.File
	buf  []byte // what is written next
	full chan []byte
	free chan []byte
	done chan error
}

func create(path string) (*hashedFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	h := &hashedFile{f: f, full: make(chan []byte, 2), free: make(chan []byte, 3), done: make(chan error, 1)}
	for range cap(h.free) {
		h.free <- make([]byte, 0, bufferSize+bufferSize/8)
	}
	h.buf = <-h.free
	go func() { h.done <- h.write() }()
	return h, nil
}

func (h *hashedFile) write() error {
	sum := sha256.New()
	var err error
	for b := range h.full {
		if err == nil {
			sum.Write(b)
			_, err = h.f.Write(b)
		}
		h.free <- b
	}
	sum.Sum(nil)
	return err
}

// flush hands the buffer over if it is full. What goes wrong is told by finish.
func (h *hashedFile) flush() {
	if len(h.buf) < bufferSize {
		return
	}
	h.full <- h.buf
	h.buf = (<-h.free)[:0]
}

// finish writes the rest and makes the file durable.
func (h *hashedFile) finish() error {
	h.full <- h.buf
	close(h.full)
	return errors.Join(<-h.done, h.f.Sync(), h.f.Close())
}
