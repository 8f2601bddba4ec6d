package providers

import "sync"

// Once is something that is found out once in a run. A failure is not remembered. It is
// safe for concurrent use: others wait for the one who asks.
type Once[T any] struct {
	mu   sync.Mutex
	got  bool
	what T
}

// Get returns what was found out, asking if it was not yet.
func (o *Once[T]) Get(ask func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.got {
		return o.what, nil
	}
	what, err := ask()
	if err == nil {
		o.what, o.got = what, true
	}
	return what, err
}

// Known returns what was found out already, if it was.
func (o *Once[T]) Known() (T, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.what, o.got
}
