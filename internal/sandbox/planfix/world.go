package planfix

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// world is the account's reports with the saves that their schedules make. It is a
// function of the seed, the moment of its birth and the time; what users and
// clients do to it is in the memory.
type world struct {
	seed    uint64
	born    time.Time
	reports []*report
	byID    map[int64]*report
	keep    int
	// before are the saves that exist at birth, by report id, in ascending order.
	before map[int64][]save
	// after is the first id that a save made after the birth can have.
	after int64
}

// report is one report of the account.
type report struct {
	id      int64
	name    string
	note    string // what is special about it, for users of the sandbox
	columns []column

	// backlog is how many saves exist at birth, interval apart. every is how often
	// a new one appears afterwards, phase after the full hour; 0 for never.
	backlog         int
	interval, every time.Duration
	phase           time.Duration

	chunk int                                  // rows of a chunk
	rows  func(save int64) int                 // rows of a save, without the header
	shape func(i int) (kind string, depth int) // nil if all rows are plain
	tile  *tile                                // the rows of every chunk, if they are the same
	dialect
}

// dialect is how the service words what it says about a report.
type dialect struct {
	counts       countStyle
	bare         bool // data is not wrapped
	stringDate   bool // dateTime is a string
	utcSeconds   bool // dateTime has dateTimeUtcSeconds too
	repost       bool // the definition comes under the misspelt key
	repeatHeader bool // every chunk begins with the header
	shortRows    bool // empty cells at the end of a row are left out
	escaped      bool // text is escaped to ASCII, and slashes too
}

// countStyle is how a save tells its number of chunks.
type countStyle int

const (
	countOnly  countStyle = iota // chunksCount
	countBoth                    // chunksCount, and chunks as the last index
	countOld                     // chunks only
	countMixed                   // one or the other, by save
)

// save is one saved version of a report.
type save struct {
	id, report int64
	at         time.Time
	name       string
	generated  bool
}

const (
	firstSave = 5301
	saveStep  = 7
	// keepGenerated is how long a generated save lives.
	keepGenerated = 24 * time.Hour
)

func newWorld(seed uint64, born time.Time, o Options) *world {
	w := &world{seed: seed, born: born, reports: showcase(), keep: o.KeepSaves, byID: make(map[int64]*report), before: make(map[int64][]save)}
	if o.Reports > 0 {
		w.reports = uniform(o)
	}
	var all []save
	for _, r := range w.reports {
		w.byID[r.id] = r
		for n := r.backlog; n > 0; n-- {
			all = append(all, save{report: r.id, at: born.Truncate(time.Minute).Add(r.phase - time.Duration(n)*r.interval), name: r.name})
		}
	}
	slices.SortStableFunc(all, func(a, b save) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.report, b.report)) })
	for i := range all {
		all[i].id = firstSave + int64(i)*saveStep
		all[i].name = saveName(all[i].name, all[i].at)
		w.before[all[i].report] = append(w.before[all[i].report], all[i])
	}
	w.after = (firstSave+int64(len(all))*saveStep)/1000*1000 + 1000
	return w
}

// saveID is the id of a save that is made at a time after the birth. Every minute
// has one id for each report, and two more.
func (w *world) saveID(at time.Time, slot int) int64 {
	return w.after + int64(at.Sub(w.born)/time.Minute)*int64(len(w.reports)+2) + int64(slot)
}

// The slots of a minute that belong to no report's schedule.
func (w *world) generatedSlot() int { return len(w.reports) }
func (w *world) extraSlot() int     { return len(w.reports) + 1 }

// scheduled are the saves of a report that its schedule has made until now and
// that could still be kept, in ascending order.
func (w *world) scheduled(r *report, now time.Time) []save {
	saves := slices.Clone(w.before[r.id])
	if r.every == 0 {
		return saves
	}
	first := w.born.Add(time.Hour + r.phase)
	if now.Before(first) {
		return saves
	}
	slot := slices.Index(w.reports, r)
	last := int(now.Sub(first) / r.every)
	for n := max(last-w.keep, 0); n <= last; n++ {
		at := first.Add(time.Duration(n) * r.every)
		saves = append(saves, save{id: w.saveID(at, slot), report: r.id, at: at, name: saveName(r.name, at)})
	}
	return saves
}

// saves are the saves of a report that exist now, in ascending order: those of the
// schedule and those of the memory, without those that were deleted, and of these
// the newest, as many as the tariff keeps.
func (w *world) saves(r *report, m *memory, now time.Time) []save {
	all := w.scheduled(r, now)
	for _, g := range m.Generations {
		if g.Report == r.id && !now.Before(g.Ready) && now.Before(g.Ready.Add(keepGenerated)) {
			all = append(all, save{id: g.Save, report: r.id, at: g.Ready, name: generatedName, generated: true})
		}
	}
	for _, e := range m.Extra {
		if e.Report == r.id {
			all = append(all, save{id: e.Save, report: r.id, at: e.At, name: saveName(r.name, e.At)})
		}
	}
	slices.SortFunc(all, func(a, b save) int { return cmp.Compare(a.id, b.id) })
	if n := len(all) - w.keep; n > 0 {
		all = all[n:]
	}
	return slices.DeleteFunc(all, func(s save) bool { return slices.Contains(m.Deleted, s.id) })
}

const generatedName = "Generated report save"

func saveName(report string, at time.Time) string {
	return report + " " + at.UTC().Format("02.01 15:04")
}

// chunks is the number of chunks of a save; one without rows still has the chunk
// that holds its header.
func (r *report) chunks(save int64) int {
	return max((r.rows(save)+r.chunk-1)/r.chunk, 1)
}

// key is the address of the report's rows in the account.
func (r *report) key(path string, n int) string {
	return "https://acme.planfix.com/" + path + "/" + strconv.Itoa(n)
}
