package engine

import (
	"context"
	"fmt"

	"reportsync/internal/export"
	"reportsync/internal/plan"
)

// adopt takes files that lie at their planned path with a matching manifest. If
// they no longer match, the version is fetched.
func (w *worker) adopt(ctx context.Context, s *plan.Step) (plan.StepResult, error) {
	m, files, err := w.store.Adopt(w.spec(w.in, s.Path), adoptWant(w.in, s.Version))
	if err != nil {
		return plan.StepResult{}, err
	}
	if m == nil {
		fetch := *s
		fetch.Action, fetch.Reason = plan.StepFetch, "the files on disk no longer match their manifest"
		return w.fetch(ctx, &fetch)
	}
	k := export.KnownVersion{
		Version: s.Version, Status: export.Kept, Path: s.Path, Rendering: w.in.cfg.Rendering, Rows: m.Rows,
		FetchedAt: m.FetchedAt, RequestID: m.RequestID, Artifacts: files, ManifestPath: w.store.ManifestPath(w.spec(w.in, s.Path), files),
	}
	return plan.StepResult{Step: *s, Files: files, Rows: m.Rows, Bytes: artifactBytes(files)}, w.commit(k)
}

// move gives a version's files the names that the configuration gives it now.
func (w *worker) move(s *plan.Step) (plan.StepResult, error) {
	known := w.known(w.change.Address).Find(s.Version.ID)
	if known == nil || known.Status != export.Kept {
		return plan.StepResult{}, fmt.Errorf("version %s is not local any more; plan again", s.Version.ID)
	}
	files, manifest, err := w.store.Move(w.spec(w.in, s.Path), known.Artifacts, known.ManifestPath)
	if err != nil {
		return plan.StepResult{}, err
	}
	k := *known
	k.Path, k.Artifacts, k.ManifestPath = s.Path, files, manifest
	return plan.StepResult{Step: *s, Files: files, Rows: k.Rows, Bytes: artifactBytes(files)}, w.record(k)
}

// prune removes the files of a version that retention does not keep. Files go
// first: a crash in between leaves a version that the next plan prunes again.
func (w *worker) prune(s *plan.Step) (plan.StepResult, error) {
	known := w.known(w.change.Address).Find(s.Version.ID)
	if known == nil {
		return plan.StepResult{Step: *s}, nil
	}
	if err := w.store.Remove(filesOf(known)...); err != nil {
		return plan.StepResult{}, err
	}
	bytes := artifactBytes(known.Artifacts)
	k := *known
	k.Status, k.Artifacts, k.ManifestPath, k.Damaged = export.Pruned, nil, "", false
	return plan.StepResult{Step: *s, Bytes: bytes}, w.record(k)
}
