package tracker

import (
	"encoding/json"
	"time"
)

// memory is what has happened to the organisation.
type memory struct {
	// Reports that were created by clients, the oldest first.
	Reports []report `json:"reports,omitempty"`
	// Deleted are the ids of reports that were deleted.
	Deleted []string `json:"deleted,omitempty"`
	// Patches are what was changed in reports, by id.
	Patches map[string]patch `json:"patches,omitempty"`
	// Scrolls that are open.
	Scrolls []scroll `json:"scrolls,omitempty"`
	// Opened is how many scrolls there have been.
	Opened int `json:"opened,omitempty"`
}

// report is a report entity as it was created.
type report struct {
	ID         string          `json:"id"`
	Summary    string          `json:"summary"`
	Parameters json.RawMessage `json:"parameters"`
	Author     int             `json:"author"`
	At         time.Time       `json:"at"`

	// short is its number among all reports, which follows from their order.
	short int
}

// patch is what was changed in a report.
type patch struct {
	Times   int       `json:"times"`
	At      time.Time `json:"at"`
	Summary string    `json:"summary"`
}

// scroll is a search that is read page by page. Its rows are those of the moment at
// which it was opened.
type scroll struct {
	N         int        `json:"n"`
	ID        string     `json:"id"`
	Selection *selection `json:"selection"`
	Sorted    bool       `json:"sorted"`
	Events    int        `json:"events"`
	At        time.Time  `json:"at"`
	User      int        `json:"user"`
	Size      int        `json:"size"`
	// Position and Pages are how far it was read.
	Position int       `json:"position"`
	Pages    int       `json:"pages"`
	TTL      int       `json:"ttl"` // in milliseconds
	Expires  time.Time `json:"expires"`
}
