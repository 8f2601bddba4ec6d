// Package providers says what a provider is: a configured service account that
// can tell which versions of an export exist and open one of them, and that may
// have further abilities (generate, read data sources), each a small interface.
//
// A provider speaks one service's wire language and nothing else. It knows
// nothing of state, files or screens; it does not decide what to fetch, it does
// not remember anything between runs, and it never repeats a call that is not
// safe to repeat. The engine owns order, journal and retries across runs.
//
// Adding a service is adding one package below this one and one line of
// registration, and passing the conformance suite in providertest.
package providers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// Type is a kind of provider as it is registered: its schema and how to make
// accounts of it. It is static data; nothing in it needs a network.
type Type struct {
	Schema  schema.Provider
	Exports map[string]ExportType
	// Configure makes a provider from the arguments of its block. It must not
	// talk to the service. Errors name the argument and the way out.
	Configure func(ConfigureRequest) (Provider, error)
}

// ExportType is the part of an export type that is code.
type ExportType struct {
	// Policy tells the planner how versions of the export come to be.
	Policy func(args schema.Values) export.Policy
	// Validate checks what a schema cannot say, before anything is asked of the
	// service and again with the values of each version. It may look at Type, Args,
	// Format and Cut of the target only; values may be unknown. Validate may be nil.
	Validate func(t Target) []Problem
}

// Problem is something wrong with the arguments of a block.
type Problem struct {
	// Attribute is the argument to point at; empty points at the block.
	Attribute string
	Summary   string
	Detail    string
}

// Problems are what is wrong, in the order in which it was found.
type Problems []Problem

// Add appends a problem, whose detail is formatted as fmt does.
func (p *Problems) Add(attribute, summary, format string, a ...any) {
	*p = append(*p, Problem{attribute, summary, fmt.Sprintf(format, a...)})
}

// ConfigureRequest is what a provider is made from.
type ConfigureRequest struct {
	Args schema.Values
	// Transport makes the connections; the provider wraps it for pacing, retries
	// and redaction.
	Transport http.RoundTripper
	Clock     clock.Clock
	Log       *slog.Logger
	// Scratch makes a temporary file, for answers that must be looked at as a whole
	// before they are read. It is nil where nothing is read.
	Scratch func() (Scratch, error)
	// UserAgent is sent with every request: reportsync/VERSION.
	UserAgent string
}

// Scratch is a temporary file. It is gone once it is closed.
type Scratch interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Provider is a configured service account. It is safe for concurrent use.
type Provider interface {
	// Account is the key that limits are counted by, such as
	// planfix:acme.planfix.com. It holds no secret.
	Account() string
	// Limits are the account's limits as configured.
	Limits() Limits
	// Observe tells what exists on the service for one instance. It spends
	// nothing but requests.
	Observe(ctx context.Context, t Target) (*Observation, error)
	// Open opens a version. No request needs to be made before the first part is asked for.
	Open(ctx context.Context, t Target, v export.Version) (export.Reader, error)
}

// Target is the instance a call is about.
type Target struct {
	// Type is the export type.
	Type string
	Args schema.Values
	// Format is the wanted format of the files; Cut is the period block, nil without
	// one.
	Format export.Format
	Cut    *export.Cut
	// Resolved is what Observe found out about the arguments, such as the id
	// behind a name; nil when the instance was not observed in this run.
	Resolved map[string]string
	// Known are the versions that the state has, old to new.
	Known []export.KnownVersion
	// Marker is a short text of lower-case hex digits that is the same for the
	// instance with the same arguments in every run, and for no other.
	Marker string
	// Base is the version that changes can be applied to: the newest one, local,
	// whole and in today's columns. It is nil when a reading must be complete.
	Base *export.KnownVersion
	// Kept are the parts that an earlier run has read of the version to be opened,
	// in order.
	Kept []export.KeptPart
}

// Limits are what an account allows, after configuration.
type Limits struct {
	// MaxInFlight is the number of requests at once; also how many instances the
	// engine works on at once.
	MaxInFlight       int
	RequestsPerSecond float64
	// GenerationInterval is the shortest time between the starts of two
	// generations of the account, for providers that are not [Paced].
	GenerationInterval time.Duration
	// ActiveGenerations is how many generations of the account may run at once; 0
	// is one. It is asked for again before each start.
	ActiveGenerations int
	// DailyRequests is how many requests the account may make in a day; 0 is no
	// limit. Days begin in QuotaZone, nil is UTC.
	DailyRequests int
	QuotaZone     *time.Location
	// PollTimeout is how long a generation is waited for before the run gives up
	// and leaves it to the next one.
	PollTimeout time.Duration
	// PollIntervals are the waits before the first, second, … poll of a
	// generation; the last one is repeated.
	PollIntervals []time.Duration
}

// Observation is what exists on the service for one instance.
type Observation struct {
	// Versions are in order from old to new.
	Versions []export.Version
	// Resolved is handed back in later calls about the instance, and its entries
	// can be read by expressions (report_id).
	Resolved map[string]string
	// Warnings are sentences for people: why the list is empty, what is odd.
	Warnings []string
	// Earliest is the first moment that can still be asked for; zero means no limit.
	Earliest time.Time
	// Requests is about how many requests a reading of the list takes; 0 is unknown.
	Requests int
	// Drift are sentences, each a reason why the newest object on the service is not
	// what the arguments ask for and has to be replaced.
	Drift []string
}

// Generator is a provider whose versions can be asked for.
type Generator interface {
	// Generate starts a generation. It makes the call exactly once. An error of
	// kind [Uncertain] means the service may have started it; [Busy] that another
	// one runs (its id in Error.RequestID); [TooSoon] that the slot is not free.
	Generate(ctx context.Context, t Target, p *export.Period) (requestID string, err error)
	// Poll asks once how far a request is.
	Poll(ctx context.Context, t Target, r export.Request) (Progress, error)
	// Reconcile finds out what became of a call to Generate whose answer was
	// lost. It may repeat the call only where the service would refuse a second
	// generation.
	Reconcile(ctx context.Context, t Target, in export.Intent) (Reconciled, error)
}

// GenerationState is how far a generation is.
type GenerationState string

// The states of a generation.
const (
	Running GenerationState = "running"
	Ready   GenerationState = "ready"
	// Failed: the service gave up; asking again is allowed.
	Failed GenerationState = "failed"
	// Lost: the service does not know the request (any more); start over.
	Lost GenerationState = "lost"
	// Foreign: the request made a version of something else.
	Foreign GenerationState = "foreign"
	// TooLarge: the service will not make so much at once; ask for halves.
	TooLarge GenerationState = "too large"
)

// Progress is the answer to a poll.
type Progress struct {
	State GenerationState
	// Version is set when State is Ready.
	Version *export.Version
	// Detail is the service's own word for the state, cleaned.
	Detail string
	// Again is set with Failed when the failure may be a passing one: asking for
	// another generation at once may help.
	Again bool
	// Warning says with Ready what was odd about it, in a sentence.
	Warning string
	// Err says with Failed why asking once more is of no use, and how to go on.
	Err *Error
}

// Estimator is a [Generator] whose service says how long a generation will take.
type Estimator interface {
	// Estimate returns the time from the start of a generation, 0 if it is not known.
	Estimate(requestID string) time.Duration
}

// Paced is a [Generator] with limits of its own for different generations.
type Paced interface {
	// Slot names the limit that a generation for the target is counted by.
	Slot(t Target) Slot
}

// Slot is the limit of a kind of generation.
type Slot struct {
	// Limit is the name of the limit's clock in the account: generation, or
	// generation:united_netting.
	Limit string
	// Interval is the shortest time between two starts. What the service tells, by
	// [Error.RetryAfter] or [Trace.Allowed], goes before it.
	Interval time.Duration
}

// Creator is a provider with exports that are objects on the service.
type Creator interface {
	// Create creates the object. It makes the call exactly once. An error of kind
	// [Uncertain] means that the service may have created it.
	Create(ctx context.Context, t Target) (export.Version, error)
	// FindCreated finds out what became of a call to Create whose answer was lost.
	// It never creates anything. An outcome of [Undecided] with no Wait means that
	// nothing can be told; the error, if any, says how people can go on.
	FindCreated(ctx context.Context, t Target, in export.Intent) (Reconciled, error)
	// Lookup finds an object by what people call it: an id, or the address of its
	// page. [NotFound] if there is none.
	Lookup(ctx context.Context, t Target, id string) (export.Version, error)
	// Delete deletes an object. One that does not exist any more is deleted. The
	// target may have no Args: the block may be gone.
	Delete(ctx context.Context, t Target, v export.Version) (Deletion, error)
}

// Deletion is how the deletion of an object ended.
type Deletion struct {
	// Refused says why the service does not let us delete it; empty when it is gone.
	Refused string
}

// Outcome is what became of a call whose answer was lost.
type Outcome string

// The outcomes of a lost call.
const (
	// FoundRequest: it runs, or was started now; RequestID tells its id.
	FoundRequest Outcome = "request"
	// FoundVersion: it has finished; Version is what it made.
	FoundVersion Outcome = "version"
	// NotStarted: it never happened; asking is safe.
	NotStarted Outcome = "not started"
	// Undecided: nothing can be told yet; ask again after Wait.
	Undecided Outcome = "undecided"
)

// Reconciled is the answer to [Generator.Reconcile].
type Reconciled struct {
	Outcome   Outcome
	RequestID string
	Version   *export.Version
	// Started is true when the call itself started the generation just now, so
	// that the limit's clock must be set.
	Started bool
	Wait    time.Duration
}

// Discoverer is a provider that can tell what its account has.
type Discoverer interface {
	// Discover lists everything that could be exported, in an order that stays.
	Discover(ctx context.Context) ([]Discovered, error)
}

// Discovered is an export that could be declared.
type Discovered struct {
	// Type is the export type, Name what people call it.
	Type, Name string
	// Args are the arguments that make it this export, in the order to write them.
	Args []Argument
	// ImportID is what an import block names, for objects that exist; empty for what
	// needs no import.
	ImportID string
}

// Argument is an argument of a block, or a block in it.
type Argument struct {
	Name string
	// Value is wholly known; that of a block is an object.
	Value cty.Value
	Block bool
}

// Text is an argument with a text as its value.
func Text(name, value string) Argument { return Argument{Name: name, Value: cty.StringVal(value)} }

// Examiner is a provider that can tell with one cheap call whether it can be used.
type Examiner interface {
	// Examine makes the call. It returns what it found out, a sentence each.
	Examine(ctx context.Context) ([]string, error)
}

// TargetExaminer is an [Examiner] that can tell, mostly from what it has asked already,
// whether the account may have what an instance asks for.
type TargetExaminer interface {
	ExamineTarget(ctx context.Context, t Target) error
}

// DataReader is a provider with data sources.
type DataReader interface {
	// ReadData returns an object with the attributes of the data source's Result.
	ReadData(ctx context.Context, typ string, args schema.Values) (cty.Value, error)
}
