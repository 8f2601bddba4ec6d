package transport

import (
	"fmt"

	"reportsync/internal/providers"
)

// Odd is the error of an answer that is not what a service is known to send.
func Odd(message string) *providers.Error {
	return &providers.Error{
		Kind: providers.Protocol, Message: message, Hint: "Check base_url, and whether a proxy on the way changes answers.",
	}
}

// ForeignText is the error of an answer that says it is in another charset than UTF-8,
// nil if it is not: what is read as UTF-8 all the same is not what was meant.
func (a *Answer) ForeignText() *providers.Error {
	name := Charset(a.Header)
	if name == "" {
		return nil
	}
	e := Odd(fmt.Sprintf("the answer is in the charset %q; the service is known to send UTF-8", name))
	e.Status = a.Status
	return e
}
