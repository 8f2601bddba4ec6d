package plan

import (
	"time"

	"reportsync/internal/export"
)

// Wanted is one instance that the configuration asks for.
type Wanted struct {
	Address  export.Address
	Provider string
	Account  string
	Enabled  bool
	Policy   export.Policy
	Every    time.Duration
	// Cut is set for an export that is cut into closed periods.
	Cut       *export.Cut
	Retention export.Retention
	Identity  string
	Rendering string
	// PerVersion is false when all versions share one path, so that only the
	// newest can be held.
	PerVersion bool
	// Path gives the path of a version. It must be a pure function.
	Path           func(export.Version) (string, error)
	PreventDestroy bool
	OnDestroy      string
	// Attributes are the arguments as the state would record them, in one
	// canonical form.
	Attributes []byte
	// Deferred names arguments that are not known yet.
	Deferred []string
	// Observed is nil when the service was not asked.
	Observed *Observed
	// Limit names the clock that generations wait for, and Interval is the time
	// between two of them; empty and zero when the provider was not configured.
	Limit    string
	Interval time.Duration
	Spacing  time.Duration
	// Import is an object on the service to be taken under our care.
	Import *export.Version
	// Replace asks for everything to be taken anew.
	Replace bool
}

// Observed is what exists on the service for one instance.
type Observed struct {
	// Versions are in order from old to new.
	Versions []export.Version
	Warnings []string
	// Earliest is the first moment that can still be asked for; zero means no limit.
	Earliest time.Time
	// Requests is about how many requests a reading takes; 0 is unknown.
	Requests int
	// Drift says why the newest object is not what the arguments ask for.
	Drift []string
}

// Files tells the condition of a kept version's local files.
type Files func(export.Address, *export.KnownVersion) export.Condition

// Input is everything a plan is made from.
type Input struct {
	Wanted []Wanted
	State  *export.Snapshot
	Files  Files
	// Adoptable tells which versions of an instance lie ready on disk with a
	// matching manifest although the state does not know them. It may be nil.
	Adoptable func(export.Address, export.Version, string) bool
	// OnDisk lists, from old to new, the versions that manifests below the export
	// root say are an instance's, for instances that the state does not know. It
	// may be nil.
	OnDisk func(export.Address) []export.KnownVersion
	Now    time.Time
	// Unresolved are blocks whose instances could not be told, because of an error
	// or of values that are not known yet. Their instances in the state are left
	// alone: not being able to look is no reason to forget.
	Unresolved map[export.Address]bool
	// Moved are the addresses of instances that were moved, with those they had.
	Moved map[export.Address]export.Address
	// Removed tells of an instance that is not wanted any more whether it is only
	// forgotten, whatever it is on the service. It may be nil.
	Removed func(export.Address) bool
	// MaxDeletes is how many files and objects may be deleted; nil is no limit.
	MaxDeletes *int
	// Destroy plans the end of everything in the state.
	Destroy bool
	// Selected limits the plan; nil selects everything.
	Selected func(export.Address) bool
}
