package export

import "time"

// Source says how versions of an export come to be.
type Source string

// The sources of versions.
const (
	// SourceMirror: the service makes versions and lists them; we fetch.
	SourceMirror Source = "mirror"
	// SourceGenerate: a version exists only after we have asked for it.
	SourceGenerate Source = "generate"
	// SourceAuto: a listed version that is young enough, else generate.
	SourceAuto Source = "auto"
	// SourceRead: a version is one reading of a list, made while we read.
	SourceRead Source = "read"
	// SourceCreate: a version is an object that must exist on the service; we create
	// it there, look after it, and delete it at its end.
	SourceCreate Source = "create"
)

// Policy is what an export's arguments ask for, in terms the planner knows.
type Policy struct {
	Source Source
	// Newest limits a mirror to that many of the newest versions; 0 means all.
	Newest int
	// Periods is set when a version can be asked for by a window of time, which the
	// period block needs.
	Periods bool
	// PeriodUnits are the lengths of the periods that can be asked for; empty means
	// any. MaxMonths bounds them; 0 is no bound.
	PeriodUnits []Unit
	MaxMonths   int
	// PeriodFields are the members of the argument params that a period fills in, so
	// that they cannot be given as well.
	PeriodFields []string
	// Zone is where the service's days begin, nil is UTC.
	Zone *time.Location
	// Unlisted is set when the service cannot list what it has generated, but hands it
	// out again for a while.
	Unlisted bool
	// SchemaChange says what to do when the columns of a sheet are others than before;
	// empty means that they are not compared.
	SchemaChange SchemaChange
	// NoFiles is set when versions are not to be brought to disk.
	NoFiles bool
	// TryFiles is set when the service may not hand out the files of a version,
	// which is then no error.
	TryFiles bool
}

// SchemaChange is what to do when the columns of a sheet have changed.
type SchemaChange string

// What can be done about changed columns.
const (
	WarnOfChange   SchemaChange = "warn"
	RefuseChange   SchemaChange = "fail"
	OverlookChange SchemaChange = "ignore"
)

// Retention is the retention block, in restic's words. The zero value keeps
// everything. A version stays if any rule wants it; the newest always stays.
type Retention struct {
	KeepLast    int           `json:"keep_last,omitempty"`
	KeepDaily   int           `json:"keep_daily,omitempty"`
	KeepWeekly  int           `json:"keep_weekly,omitempty"`
	KeepMonthly int           `json:"keep_monthly,omitempty"`
	KeepYearly  int           `json:"keep_yearly,omitempty"`
	KeepWithin  time.Duration `json:"keep_within,omitempty"`
}

// KeepsAll reports whether no rule is set.
func (r Retention) KeepsAll() bool { return r == Retention{} }
