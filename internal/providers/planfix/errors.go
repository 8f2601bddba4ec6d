package planfix

import (
	"errors"
	"strconv"

	"reportsync/internal/providers"
)

// errMissing is the error of a key that an answer must have.
var errMissing = errors.New("it is missing")

func asError(err error) (*providers.Error, bool) { return errors.AsType[*providers.Error](err) }

// isCode reports whether the service refused with the code.
func isCode(err error, code int) bool {
	e, ok := asError(err)
	return ok && e.Code == strconv.Itoa(code)
}
