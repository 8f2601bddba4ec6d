package tracker

import (
	"bytes"
	"fmt"
	"slices"

	"reportsync/internal/providers/jsonscan"
)

// span is where a value is in a body; nowhere if it is empty.
type span struct{ start, end int32 }

func (s span) of(body []byte) []byte { return body[s.start:s.end] }

// finder finds the values of the wanted fields in a page of issues.
type finder struct {
	fields map[string][]int // the places of a field in what is found
	width  int              // places
	like   []member         // of the issue before: issues are mostly written alike
	spans  []span           // of the page, width of them for each issue
}

// member is a key and the places of its value.
type member struct {
	key    []byte
	places []int
}

// newFinder finds fields; what is found of an issue is in their order.
func newFinder(fields ...string) *finder {
	f := &finder{fields: map[string][]int{}, width: len(fields)}
	for i, name := range fields {
		f.fields[name] = append(f.fields[name], i)
	}
	return f
}

// find looks through a page, a list of objects, and returns how many issues there are.
// A page that is not JSON throughout is an error. What was found of the page before is
// gone.
func (f *finder) find(body []byte) (issues int, err error) {
	f.spans = f.spans[:0]
	end, err := jsonscan.Elements(body, jsonscan.SkipSpace(body, 0), func(i int) (int, error) {
		if body[i] != '{' {
			return jsonscan.SkipValue(body, i, 1)
		}
		return f.issue(body, i)
	})
	if err == nil {
		if end = jsonscan.SkipSpace(body, end); end < len(body) {
			err = jsonscan.ErrSyntax
		}
	}
	if err != nil {
		return 0, fmt.Errorf("at byte %d, %w", end, err)
	}
	return len(f.spans) / f.width, nil
}

// found is what was found of the nth issue.
func (f *finder) found(n int) []span { return f.spans[n*f.width : (n+1)*f.width] }

// issue finds the values of the issue at i.
func (f *finder) issue(body []byte, i int) (end int, err error) {
	from := len(f.spans)
	f.spans = slices.Grow(f.spans, f.width)[:from+f.width]
	found := f.spans[from:]
	clear(found)
	n := 0
	return jsonscan.Members(body, i, func(key []byte, escaped bool, i int) (int, error) {
		next, err := jsonscan.SkipValue(body, i, 2)
		for _, place := range f.places(n, key, escaped) {
			found[place] = span{int32(i), int32(next)} // answers are smaller than 2 GiB
		}
		n++
		return next, err
	})
}

// places are those of the key that is the nth of an issue.
func (f *finder) places(n int, key []byte, escaped bool) []int {
	if n < len(f.like) && bytes.Equal(f.like[n].key, key) {
		return f.like[n].places
	}
	name := bytes.Clone(key)
	if escaped {
		name = jsonscan.Unescape(name)
	}
	m := member{bytes.Clone(key), f.fields[string(name)]}
	if n < len(f.like) {
		f.like[n] = m
	} else if n == len(f.like) && n < maxLike {
		f.like = append(f.like, m)
	}
	return m.places
}

// maxLike bounds how many keys are remembered.
const maxLike = 1024
