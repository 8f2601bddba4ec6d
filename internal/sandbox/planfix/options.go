package planfix

import (
	"fmt"
	"time"

	"reportsync/internal/sandbox/sim"
)

// Provider is the name that configurations use for the service.
const Provider = "planfix"

// Options change the simulated account. The zero value is an account on the top
// tariff with the reports that [Info] lists.
type Options struct {
	// Lax leaves out the limit of one request a second and one at a time.
	Lax bool
	// DailyQuota is how many requests a virtual day allows; 0 means 20,000.
	DailyQuota int
	// KeepSaves is how many saves of a report are kept; 0 means 10.
	KeepSaves int
	// SmallTariff makes every generation be refused.
	SmallTariff bool
	// RangeError makes a chunk that does not exist an error; by default it is an
	// answer without rows. The service's own behaviour is not known.
	RangeError bool
	// Latency is how long every answer takes, on the wall clock.
	Latency time.Duration

	// Reports, if not 0, replaces the account's reports with so many uniform ones
	// that get no new saves, for measuring. Saves is how many saves each has (1),
	// Rows and Columns the size of a save (3 and 12), ChunkRows the rows of a chunk
	// (10,000). All full chunks of a save hold the same rows, made once.
	Reports, Saves, Rows, Columns, ChunkRows int
}

const (
	quota     = 20_000
	keepSaves = 10
	// maxUniform keeps a typing error from filling the memory of the machine.
	maxUniform = 1_000_000
)

func (o Options) withDefaults() (Options, error) {
	for _, n := range []int{o.DailyQuota, o.KeepSaves, o.Reports, o.Saves, o.Rows, o.Columns, o.ChunkRows, int(o.Latency)} {
		if n < 0 {
			return o, fmt.Errorf("planfix sandbox: options %+v: no number may be negative", o)
		}
	}
	if o.Reports > maxUniform || o.Saves > maxUniform || o.Columns > 1000 || o.ChunkRows > maxUniform {
		return o, fmt.Errorf("planfix sandbox: options %+v: at most %d reports, saves or rows of a chunk, and 1000 columns", o, maxUniform)
	}
	orElse := func(n *int, d int) {
		if *n == 0 {
			*n = d
		}
	}
	orElse(&o.DailyQuota, quota)
	orElse(&o.KeepSaves, keepSaves)
	orElse(&o.Saves, 1)
	orElse(&o.Rows, 3)
	orElse(&o.Columns, 12)
	orElse(&o.ChunkRows, 10_000)
	return o, nil
}

// The endpoints, as faults name them.
const (
	endPing     = "ping"
	endReports  = "reports"
	endReport   = "report"
	endSaves    = "saves"
	endData     = "data"
	endGenerate = "generate"
	endStatus   = "status"
)

// The faults of the service's own.
const (
	faultError    = "500"
	faultFail200  = "fail-200"
	faultMoment   = "code22"
	faultQuota    = "code22-daily"
	faultTariff   = "9001"
	faultVanish   = "vanish"
	faultNoRows   = "drop-chunk"
	faultNewSave  = "new-save"
	faultGenError = "generation-error"
)

// Info describes the service.
func Info() sim.Info {
	info := sim.Info{
		Provider:  Provider,
		Path:      "/rest",
		Endpoints: []string{endPing, endReports, endReport, endSaves, endData, endGenerate, endStatus},
		Faults: []sim.Kind{
			{Name: faultError, Doc: "status 500 with code 0, \"Rest API error\"; nothing is carried out"},
			{Name: faultFail200, Doc: "status 200 with result fail and code 0; nothing is carried out"},
			{Name: faultMoment, Doc: "code 22 while requests remain: too many in this moment"},
			{Name: faultQuota, Doc: "code 22 with no requests remaining: the daily quota is used up"},
			{Name: faultTariff, Doc: "code 9001: the tariff does not allow generation (generate only)"},
			{Name: faultVanish, Doc: "the save is deleted before its data is read (data only)"},
			{Name: faultNoRows, Doc: "a chunk that exists is answered without rows (data only)"},
			{Name: faultNewSave, Doc: "a new save of the report appears before the request is answered (saves and data only)"},
			{Name: faultGenError, Doc: "the generation is said to have failed (status only)"},
		},
		Arguments: []sim.Argument{{Name: "token", Value: goodToken}},
	}
	for _, t := range tokens {
		info.Credentials = append(info.Credentials, sim.Credential{Token: t.token, Meaning: t.meaning})
	}
	for _, r := range showcase() {
		info.Reports = append(info.Reports, sim.Report{ID: id(r.id), Name: r.name, Note: r.note})
	}
	return info
}
