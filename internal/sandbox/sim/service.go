package sim

import (
	"context"
	"log/slog"
	"net/http"

	"reportsync/internal/clock"
)

// Service is one simulated service. The server hands it every request whose
// path starts with the provider's name; it answers as the service would.
type Service interface {
	http.Handler
	// Info says what the service is called and what can be done to it.
	Info() Info
	// Classify names the endpoint that a request is for ("unknown" if none) and
	// says whether it is charged to the account's quota.
	Classify(r *http.Request) (endpoint string, charged bool)
}

// Unknown is the endpoint of a request that no endpoint answers.
const Unknown = "unknown"

// Info describes a service to the server, to the parser of faults and to users.
type Info struct {
	// Provider is the name that configurations use, and the first segment of
	// every path of the service.
	Provider string
	// Path is the path of the base address, with a leading slash.
	Path string
	// Endpoints are the names that faults can be aimed at.
	Endpoints []string
	// Faults are those that only this service can play.
	Faults []Kind
	// Switches are what a profile can settle.
	Switches []Switch
	// Arguments are the provider arguments that lead to the sandbox, besides
	// base_url.
	Arguments []Argument
	// Credentials are the tokens that the service knows.
	Credentials []Credential
	// Reports are what there is to export.
	Reports []Report
}

// Argument is one argument of a provider block.
type Argument struct{ Name, Value string }

// Credential is a token and what happens to those who use it.
type Credential struct{ Token, Meaning string }

// Report is something to export that the simulated account has.
type Report struct{ ID, Name, Note string }

// Env is what the server hands to a service.
type Env struct {
	// Clock is the sandbox's virtual time; Wall is the machine's.
	Clock, Wall clock.Clock
	// Speed is how many times faster than Wall Clock can run.
	Speed float64
	// Profile are the settings of the service's switches.
	Profile map[string]string
	Memory  *Memory
	Meter   *Meter
	Log     *slog.Logger
}

// Call is one request on its way through a service. The server makes it, the
// service reads Fault from it and writes down what it did.
type Call struct {
	Endpoint string
	// Fault is the fault of the service's own that it should play, or "".
	Fault string
	// Refusal is the service's code for why it refused, or "".
	Refusal string
	// Violation is the limit that the client broke: "pace" or "parallel", or "".
	Violation string
	// Generated is set when a generation was started.
	Generated bool
}

type callKey struct{}

// WithCall returns a context that carries c.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallOf returns the call that a request's context carries; without one, a call
// that nobody looks at.
func CallOf(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return &Call{}
}
