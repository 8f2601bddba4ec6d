package export

import "time"

// VersionStatus is how far we are with a version.
type VersionStatus string

// The statuses of a version in the state.
const (
	// Kept: its files are local.
	Kept VersionStatus = "kept"
	// Pruned: retention removed its files, or a newer version took their path.
	Pruned VersionStatus = "pruned"
	// Announced: made for us by a generation, not fetched yet. While the pieces of
	// a version do not cover its period, the others are still to be asked for.
	Announced VersionStatus = "announced"
	// Remote: an object on the service of which nothing is local.
	Remote VersionStatus = "remote"
	// Abandoned: an object that should be gone but that the service does not let us
	// delete.
	Abandoned VersionStatus = "abandoned"
)

// KnownVersion is what the state knows of one version.
type KnownVersion struct {
	Version
	Status VersionStatus `json:"status"`
	// Artifacts are its files, in order of path; empty unless Kept.
	Artifacts []Artifact `json:"files,omitempty"`
	// ManifestPath is relative to the export root.
	ManifestPath string `json:"manifest,omitempty"`
	// Path is the path the configuration gave the version when it was written.
	Path string `json:"path,omitempty"`
	// Rendering identifies format and arguments that shape the files.
	Rendering string `json:"rendering,omitempty"`
	// Rows is the sum over the artifacts, -1 if unknown.
	Rows int64 `json:"rows"`
	// FetchedAt is when the files became durable.
	FetchedAt time.Time `json:"fetched_at,omitzero"`
	// Damaged is set by verify when a file no longer has its hash.
	Damaged bool `json:"damaged,omitempty"`
	// RequestID is the generation that made the version, if we asked for it.
	RequestID string `json:"request_id,omitempty"`
	// Pending are the pieces of the version, or of its renewal if it is kept already,
	// that are asked for one by one. Those without a request id have not been asked
	// for yet. Once all of them are made, the version is read.
	Pending []Piece `json:"pending,omitempty"`
	// CheckedAt is when the service last had nothing new to say about the version.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// Object is set for a version that is an object on the service, which we look
	// after until its end.
	Object bool `json:"object,omitempty"`
	// Adopted is set for an object that we did not create; it is never deleted there.
	Adopted bool `json:"adopted,omitempty"`
}

// Made reports whether all pending pieces are made, so that the version can be
// read.
func (k *KnownVersion) Made() bool {
	for i := range k.Pending {
		if k.Pending[i].RequestID == "" {
			return false
		}
	}
	return true
}

// Asked is when the service was last asked for the version.
func (k *KnownVersion) Asked() time.Time {
	if k.CheckedAt.After(k.FetchedAt) {
		return k.CheckedAt
	}
	return k.FetchedAt
}

// Known is what the state knows of one instance.
type Known struct {
	Address Address `json:"-"`
	// Provider is the provider configuration's name: planfix, or planfix.alias.
	Provider string `json:"provider"`
	// Account is the key of the service account that limits are counted by.
	Account string `json:"account,omitempty"`
	// Identity is a hash of the arguments that make it this export and no other.
	Identity string `json:"identity,omitempty"`
	// Attributes are the arguments as applied, as JSON, sensitive ones left out.
	Attributes []byte `json:"-"`
	// PreventDestroy and OnDestroy outlive the block that set them.
	PreventDestroy bool   `json:"prevent_destroy,omitempty"`
	OnDestroy      string `json:"on_destroy,omitempty"`
	// Versions are in order from old to new.
	Versions []KnownVersion `json:"versions,omitempty"`
	// Requests are the generations still open, oldest first.
	Requests []Request `json:"requests,omitempty"`
	// Intents are the calls whose outcome is not known, oldest first.
	Intents []Intent `json:"intents,omitempty"`
}

// Latest returns the newest kept version, or nil.
func (k *Known) Latest() *KnownVersion {
	if k == nil {
		return nil
	}
	for i := len(k.Versions) - 1; i >= 0; i-- {
		if k.Versions[i].Status == Kept {
			return &k.Versions[i]
		}
	}
	return nil
}

// Find returns the version with the id, or nil.
func (k *Known) Find(id string) *KnownVersion {
	if k == nil {
		return nil
	}
	for i := range k.Versions {
		if k.Versions[i].ID == id {
			return &k.Versions[i]
		}
	}
	return nil
}

// Limit is the clock of one limit of an account.
type Limit struct {
	// LastStart is when the limited call was last made.
	LastStart time.Time `json:"last_start"`
	// NotBefore is when the next one may be made.
	NotBefore time.Time `json:"not_before"`
}

// Free is when the next call may be made, by a clock that shows now. If the last one
// lies in the future, the clock was set back since: what counts then is the time
// between the two.
func (l Limit) Free(now time.Time) time.Time {
	if l.LastStart.After(now) {
		return now.Add(l.NotBefore.Sub(l.LastStart))
	}
	return l.NotBefore
}

// LimitKey names a limit: the account, and what is limited ("generation").
type LimitKey struct {
	Account string
	Name    string
}

// Snapshot is the state at one moment.
type Snapshot struct {
	// Lineage is empty when there is no state yet.
	Lineage   string
	Serial    int64
	Instances map[Address]*Known
	Limits    map[LimitKey]Limit
}
