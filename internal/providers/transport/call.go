package transport

import (
	"net/http"
	"net/url"
	"time"

	"reportsync/internal/providers"
)

// Call is one call to the service, as often as it is attempted.
type Call struct {
	// Op is what is being done, for messages: read report list.
	Op     string
	Method string
	// Path is appended to the base URL. It begins with a slash and its segments
	// are escaped.
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	// Link, if set, is an absolute address to read instead of the path: one that the
	// service has handed out, on whatever host. The client's own headers, and with them
	// its credentials, are not sent there, and a few redirects are followed. Its query
	// may be a credential: neither logs nor messages show it.
	Link *url.URL
	// Trust refuses links that must not be read, redirects among them; nil is
	// [CheckLink]. Its error must not repeat the address.
	Trust func(*url.URL) error
	// Repeatable marks a call that changes nothing, so that it may be made again
	// after an answer that was lost. Others are sent once, whatever happens.
	Repeatable bool
	// MaxBody bounds a whole answer in memory; default 16 MiB.
	MaxBody int64
	// Buffer is where the whole answer is put if it is large enough; else a new one is
	// made. Who reads many large answers can use the body of one for the next but one.
	Buffer []byte
	// Judge says what an answer means; nil means [JudgeStatus].
	Judge Judge
}

// Answer is what came back: all of it, or, of an error, the first 64 KiB.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Judge says what an answer means. It is asked about every answer that is held in
// memory: all of [Client.Do], and from [Client.Open] errors and short answers.
type Judge func(*Call, *Answer) Verdict

// Verdict is what a service's answer means for the call.
type Verdict struct {
	// Err is nil for a good answer.
	Err *providers.Error
	// Retry says that asking again may help.
	Retry bool
	// Max bounds the repetitions for this reason below the client's own bound; 0
	// sets no bound of its own.
	Max int
	// Waits replace the backoff before the first, second, … repetition.
	Waits []time.Duration
}

// JudgeStatus judges by HTTP status alone.
func JudgeStatus(_ *Call, a *Answer) Verdict {
	if a.Status >= 200 && a.Status < 300 {
		return Verdict{}
	}
	return StatusVerdict(a)
}
