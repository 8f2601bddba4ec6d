// Package crash makes panics into errors, so that one in a goroutine reaches whoever
// waits for it, others can end what they do, and the program tells of it in its own
// way: a bug must not cost data, and must not show a secret.
package crash

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic is a panic that was caught.
type Panic struct {
	// Reason is what is known of it. A value that is not the runtime's own may hold
	// anything, a secret too, so that only its type is told.
	Reason string
	// Stack is where it happened. Arguments are in it as numbers only.
	Stack []byte
}

// Error implements error.
func (p *Panic) Error() string { return "internal error: " + p.Reason }

// Of is the panic whose value was recovered. It must be called by the function that
// has recovered it.
func Of(value any) *Panic {
	if err, ok := value.(error); ok {
		if p, ok := errors.AsType[*Panic](err); ok {
			return p
		}
		if r, ok := errors.AsType[runtime.Error](err); ok {
			return &Panic{r.Error(), debug.Stack()}
		}
	}
	return &Panic{fmt.Sprintf("a panic with a value of type %T", value), debug.Stack()}
}

// Catch returns what f returns, or a [*Panic].
func Catch(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = Of(v)
		}
	}()
	return f()
}
