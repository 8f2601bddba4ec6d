package crash

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestCatch(t *testing.T) {
	t.Parallel()
	var none []int
	for _, c := range []struct {
		name string
		f    func() error
		want string
	}{
		{"nothing", func() error { return nil }, ""},
		{"an error", func() error { return io.EOF }, "EOF"},
		{"a mistake", func() error { return fmt.Errorf("%d", none[len(none)]) }, "internal error: runtime error: index out of range [0] with length 0"},
		{"a text", func() error { panic("token=secret") }, "internal error: a panic with a value of type string"},
		{"an error's text", func() error { panic(errors.New("token=secret")) }, "internal error: a panic with a value of type *errors.errorString"},
		{"one that was caught before", func() error { panic(fmt.Errorf("wrapped: %w", &Panic{Reason: "x"})) }, "internal error: x"},
	} {
		err := Catch(c.f)
		if got := fmt.Sprint(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if p, ok := errors.AsType[*Panic](err); ok && p.Reason != "x" && !strings.Contains(string(p.Stack), "crash_test.go") {
			t.Errorf("%s: the stack does not lead here\n%s", c.name, p.Stack)
		} else if ok && strings.Contains(string(p.Stack), "secret") {
			t.Errorf("%s: the stack has a text\n%s", c.name, p.Stack)
		}
	}
}
