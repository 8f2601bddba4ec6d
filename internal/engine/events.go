package engine

import (
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// Events hears what happens during a run, as it happens. Methods are called from
// several goroutines at once.
type Events interface {
	Refreshing(addr export.Address)
	Refreshed(addr export.Address, err error)
	Started(c *plan.Change)
	StepStarted(addr export.Address, s plan.Step)
	// Part tells that a part is whole; of is 0 when the number is not known.
	Part(addr export.Address, index, of int)
	Bytes(addr export.Address, n int)
	Rows(addr export.Address, total int64)
	Waiting(addr export.Address, reason string, until time.Time)
	StepDone(addr export.Address, r plan.StepResult)
	Finished(r plan.Result)
	Remaining(account, quota string, left int)
	Note(addr export.Address, text string)
}

// Silent is an [Events] that hears nothing.
type Silent struct{}

// The methods of Silent do nothing.
func (Silent) Refreshing(export.Address)                 {}
func (Silent) Refreshed(export.Address, error)           {}
func (Silent) Started(*plan.Change)                      {}
func (Silent) StepStarted(export.Address, plan.Step)     {}
func (Silent) Part(export.Address, int, int)             {}
func (Silent) Bytes(export.Address, int)                 {}
func (Silent) Rows(export.Address, int64)                {}
func (Silent) Waiting(export.Address, string, time.Time) {}
func (Silent) StepDone(export.Address, plan.StepResult)  {}
func (Silent) Finished(plan.Result)                      {}
func (Silent) Remaining(string, string, int)             {}
func (Silent) Note(export.Address, string)               {}

var _ Events = Silent{}
