package export

import (
	"cmp"
	"time"
)

// Version is one immutable snapshot of an export, as the service names it.
type Version struct {
	// ID is the service's id, always text. For a list that is read row by row it
	// is the moment of the reading.
	ID string `json:"id"`
	// Name is the title that people gave the version; often empty.
	Name string `json:"name,omitempty"`
	// CreatedAt is zero when the service does not tell a moment that can be relied on.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// CreatedRaw is the service's own text for CreatedAt, kept because its time
	// zone may be unclear.
	CreatedRaw string `json:"created_raw,omitempty"`
	// Period is the time window the version covers, nil for exports not cut by time.
	Period *Period `json:"period,omitempty"`
	// Parts is the number of chunks, pages or sheets, 0 when unknown beforehand.
	Parts int `json:"parts,omitempty"`
	// PartsTolerant marks a part count that may be one too high (an older wire
	// field that reads like a last index): a missing last part is then no error.
	PartsTolerant bool `json:"parts_tolerant,omitempty"`
}

// Compare orders versions from old to new: by period, then by numeric id, then
// by time, then by id. Services promise growing ids more often than usable times.
func (v Version) Compare(o Version) int {
	if v.Period != nil && o.Period != nil {
		if c := v.Period.Start.Compare(o.Period.Start); c != 0 {
			return c
		}
	}
	if isDigits(v.ID) && isDigits(o.ID) {
		if c := cmp.Compare(len(v.ID), len(o.ID)); c != 0 {
			return c
		}
		return cmp.Compare(v.ID, o.ID)
	}
	if c := v.CreatedAt.Compare(o.CreatedAt); c != 0 {
		return c
	}
	return cmp.Compare(v.ID, o.ID)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Period is the half-open window [Start, End) that a version covers.
type Period struct {
	// Name is the period as people write it: 2025-04-24, 2025-W17, 2025-04, 2025-Q2, 2025.
	Name  string    `json:"name"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Request is a generation that was started on the service.
type Request struct {
	// ID is the service's opaque request id.
	ID        string    `json:"id"`
	StartedAt time.Time `json:"started_at"`
	Period    *Period   `json:"period,omitempty"`
	// Fingerprint identifies what was asked for, so that a request is resumed
	// only by the export that would ask the same.
	Fingerprint string `json:"fingerprint"`
	// Version is set once the service has said which version the request made.
	Version *Version `json:"version,omitempty"`
}

// IntentKind says which non-repeatable call an intent was written for.
type IntentKind string

// The calls that must not be made twice.
const (
	IntentGenerate IntentKind = "generate"
	IntentCreate   IntentKind = "create"
)

// Intent is the note written before a call that must not be made twice. It stays
// open until the outcome of the call is recorded.
type Intent struct {
	// ID is the state's own key of the intent.
	ID          int64      `json:"id"`
	Kind        IntentKind `json:"kind"`
	StartedAt   time.Time  `json:"started_at"`
	Period      *Period    `json:"period,omitempty"`
	Fingerprint string     `json:"fingerprint"`
	// After is the newest version known when the intent was written: whatever
	// the call made is newer.
	After string `json:"after,omitempty"`
}
