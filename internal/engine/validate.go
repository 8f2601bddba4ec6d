package engine

import (
	"context"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/clock"
	"reportsync/internal/config"
	"reportsync/internal/export"
	"reportsync/internal/providers"
)

// Validate checks a configuration as far as it can be without network or state:
// every block is evaluated with what is known.
func Validate(ctx context.Context, cfg *config.Config, types map[string]*providers.Type) hcl.Diagnostics {
	r := newRun(Options{Config: cfg, Types: types, Clock: clock.Wall{}})
	r.snap = &export.Snapshot{Instances: map[export.Address]*export.Known{}}
	return r.walk(ctx, walkOptions{offline: true}).diags
}
