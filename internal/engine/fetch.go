package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// maxPartTries is how often a part whose body broke off is read.
const maxPartTries = 4

// fetch brings one version to disk and records it. Nothing appears under a final
// name, and the state learns of nothing, before every part is there and durable.
func (w *worker) fetch(ctx context.Context, s *plan.Step) (plan.StepResult, error) {
	v, known, err := w.toRead(s)
	if err != nil {
		return plan.StepResult{}, err
	}
	if known != nil && known.Status == export.Kept && s.Version.ID == "" {
		return plan.StepResult{Step: *s}, nil // it had been fetched before it was announced
	}
	done := *s
	done.Version = v
	if done.Path == "" {
		var err error
		if done.Path, err = w.wanted(w.in).Path(v); err != nil {
			return plan.StepResult{}, err
		}
	}
	staged, warnings, err := w.stage(ctx, &v, done.Path)
	if damaged, ok := errors.AsType[*artifact.DamagedError](err); ok && !w.baseless {
		w.opt.Events.Note(w.change.Address, fmt.Sprintf("%s cannot be built upon (%s); reading everything", damaged.Path, damaged.Why))
		w.baseless = true
		staged, warnings, err = w.stage(ctx, &v, done.Path)
	}
	if err != nil {
		return plan.StepResult{}, w.notRead(v, err)
	}
	defer w.settled()
	done.Version = v
	changed, err := w.columns(v, staged)
	if err = errors.Join(err, w.plausible(v, staged.Rows())); err != nil {
		return plan.StepResult{}, errors.Join(err, staged.Discard())
	}
	warnings = append(warnings, changed...)
	k := export.KnownVersion{
		Version: v, Status: export.Kept, Path: done.Path, Rendering: w.in.cfg.Rendering,
		Rows: staged.Rows(), FetchedAt: w.opt.Clock.Now(),
	}
	if known != nil {
		k.RequestID, k.Object, k.Adopted = known.RequestID, known.Object, known.Adopted
		if k.Object {
			k.Rendering = known.Rendering // what the object was made from
		}
	}
	if n := len(v.Pieces); n > 0 {
		k.RequestID = v.Pieces[n-1].RequestID
	}
	if s.Action == plan.StepFetch && w.same(known, staged) {
		w.opt.Events.Note(w.change.Address, fmt.Sprintf("version %s: nothing has changed", v.ID))
		return plan.StepResult{Step: done, Rows: k.Rows}, errors.Join(staged.Discard(), w.unchanged(*known, v, k.FetchedAt))
	}
	pub, err := staged.Publish(ctx, w.manifest(&k, warnings), w.ours(v))
	if err != nil {
		return plan.StepResult{}, errors.Join(err, staged.Discard())
	}
	k.Artifacts, k.ManifestPath = pub.Files, pub.ManifestPath
	for _, text := range warnings {
		w.result.Warnings = append(w.result.Warnings, fmt.Sprintf("version %s: %s", v.ID, text))
		w.opt.Events.Note(w.change.Address, fmt.Sprintf("version %s: %s", v.ID, text))
	}
	res := plan.StepResult{Step: done, Files: k.Artifacts, Rows: k.Rows, Bytes: artifactBytes(k.Artifacts)}
	return res, w.commit(k)
}

// toRead is the version that a fetch step is about, and what is known of it.
func (w *worker) toRead(s *plan.Step) (export.Version, *export.KnownVersion, error) {
	v := s.Version
	switch {
	case v.ID != "":
	case w.made != nil:
		v = w.made.Version
	case w.in.policy.Source == export.SourceRead:
		return w.newReading(), nil, nil
	default:
		return v, nil, errors.New("no generation has made a version")
	}
	k := w.known(w.change.Address).Find(v.ID)
	if k == nil || len(k.Pending) == 0 {
		if k != nil && len(v.Pieces) == 0 {
			v.Pieces, v.Meta = k.Pieces, k.Meta
		}
		return v, k, nil
	}
	if !k.Made() {
		return v, k, fmt.Errorf("version %s is made in part only; run again to ask for the rest", v.ID)
	}
	period := v.Period
	v = joined(k)
	v.Period = period
	return v, k, nil
}

// same reports whether a version that was asked for again has the content that its
// whole local files have.
func (w *worker) same(k *export.KnownVersion, staged *artifact.Staged) bool {
	return k != nil && k.Status == export.Kept && len(k.Pending) > 0 && k.Rendering == w.in.cfg.Rendering && !k.Damaged &&
		w.files(w.change.Address, k) == export.Whole && artifact.ContentHash(k.Artifacts) == staged.ContentHash()
}

// stage reads a version's parts into temporary files, and what is found out about
// the version meanwhile into v. The account is left to others while the files are
// made durable, which takes its time and which many can do at once; the caller says
// that it is done with settled.
func (w *worker) stage(ctx context.Context, v *export.Version, path string) (*artifact.Staged, []string, error) {
	if err := w.in.acct.enter(ctx); err != nil {
		return nil, nil, err
	}
	out, warnings, err := w.receive(ctx, v, path)
	if err == nil {
		w.settling <- struct{}{} // nobody who is in there waits for anything but the disk
	}
	w.in.acct.leave()
	if err != nil {
		return nil, nil, err
	}
	staged, err := out.Finish(ctx)
	if err != nil {
		w.settled()
		return nil, nil, errors.Join(err, out.Discard())
	}
	return staged, warnings, nil
}

// settled makes room for another version to be made durable.
func (w *worker) settled() { <-w.settling }

// receive reads all of a version from the service.
func (w *worker) receive(ctx context.Context, v *export.Version, path string) (*artifact.Writer, []string, error) {
	if err := w.in.acct.usable(); err != nil {
		return nil, nil, err
	}
	target, err := w.targetOf(w.in, *v)
	if err != nil {
		return nil, nil, err
	}
	out, err := w.store.Create(w.spec(w.in, path))
	if err != nil || v.Empty { // there is nothing to open
		return out, nil, err
	}
	warnings, err := w.read(ctx, target, v, out)
	if err != nil {
		w.in.acct.close(err)
		return nil, nil, errors.Join(err, out.Discard())
	}
	return out, warnings, nil
}

// read moves a version from the service into the writer.
func (w *worker) read(ctx context.Context, target providers.Target, v *export.Version, out *artifact.Writer) (warnings []string, err error) {
	if w.in.policy.Source == export.SourceRead {
		return w.readList(ctx, target, v, out)
	}
	ctx = w.traced(ctx, w.change.Address, w.in.acct, w)
	r, err := w.in.acct.provider.Open(ctx, target, withData(*v))
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if err := w.parts(ctx, r, out, v.Parts); err != nil {
		return nil, err
	}
	conclude(r, v)
	return r.Warnings(), nil
}

// conclude lets a reader say what it found out about the version.
func conclude(r export.Reader, v *export.Version) {
	if c, ok := r.(export.Concluder); ok {
		id, period := v.ID, v.Period
		c.Conclude(v)
		v.ID, v.Period = id, period // these are ours
	}
}

// sink is where the parts of a version go.
type sink interface {
	Part(ctx context.Context, p *export.Part) error
	Mark() artifact.Mark
	Reset(m artifact.Mark) error
	Rows() int64
}

// parts moves every part of a version into the writer. A part whose body breaks
// off is read again from its start.
func (w *worker) parts(ctx context.Context, r export.Reader, out sink, of int) error {
	for {
		part, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		for try := 1; err == nil; try++ {
			mark := out.Mark()
			if err = out.Part(ctx, part); err == nil {
				break
			}
			if try == maxPartTries || ctx.Err() != nil || !brokeOff(err) {
				return fmt.Errorf("part %d: %w", part.Index, err)
			}
			w.opt.Events.Note(w.change.Address, fmt.Sprintf("part %d broke off, reading it again: %s", part.Index, err))
			if err := out.Reset(mark); err != nil {
				return err
			}
			part, err = r.Again(ctx)
		}
		if err != nil {
			return err
		}
		w.opt.Events.Part(w.change.Address, part.Index, of)
		w.opt.Events.Rows(w.change.Address, out.Rows())
	}
}

// brokeOff reports whether reading a part failed in a way that another try may mend.
func brokeOff(err error) bool {
	switch providers.KindOf(err) {
	case providers.Transient:
		return true
	case "":
		return errors.Is(err, io.ErrUnexpectedEOF)
	}
	return false
}

// refusedVersionError means that a version was read whole but not accepted.
type refusedVersionError struct{ reason string }

func (e *refusedVersionError) Error() string { return e.reason }

// columns says how a version's columns differ from those before it, or refuses it for
// that.
func (w *worker) columns(v export.Version, staged *artifact.Staged) ([]string, error) {
	policy := w.in.policy.SchemaChange
	known := w.known(w.change.Address)
	if policy == "" || policy == export.OverlookChange || known == nil {
		return nil, nil
	}
	changed := plan.ColumnChanges(known.Versions, v, staged.Files())
	if len(changed) > 0 && policy == export.RefuseChange {
		return nil, &refusedVersionError{fmt.Sprintf(
			"%s; nothing was kept, because on_schema_change = %q. Set it to %q to take the version as it is", strings.Join(changed, "; "), policy, export.WarnOfChange)}
	}
	return changed, nil
}

// plausible refuses a version that is suspiciously small.
func (w *worker) plausible(v export.Version, rows int64) error {
	c := w.in.cfg
	if rows < 0 {
		return nil // documents have no rows
	}
	if c.MinRows > 0 && rows < c.MinRows {
		return &refusedVersionError{fmt.Sprintf(
			"it has %d rows, fewer than min_rows = %d; nothing was kept. Lower min_rows if that is right", rows, c.MinRows)}
	}
	if c.MaxShrink <= 0 {
		return nil
	}
	prev := w.previous(v)
	if prev == nil || prev.Rows <= 0 || float64(rows) >= float64(prev.Rows)*(1-c.MaxShrink) {
		return nil
	}
	return &refusedVersionError{fmt.Sprintf(
		"it has %d rows after %d in version %s, a shrinkage beyond max_shrink = %g; nothing was kept. Raise max_shrink if that is right",
		rows, prev.Rows, prev.ID, c.MaxShrink)}
}

// previous is the newest kept version before v.
func (w *worker) previous(v export.Version) *export.KnownVersion {
	known := w.known(w.change.Address)
	if known == nil {
		return nil
	}
	for i := len(known.Versions) - 1; i >= 0; i-- {
		if k := &known.Versions[i]; k.Status == export.Kept && k.Version.Compare(v) < 0 {
			return k
		}
	}
	return nil
}

// notRead handles a version that could not be read. One that vanished after it was
// made for us is forgotten, so that the next plan asks for another. Files that the
// service need not hand out are no error.
func (w *worker) notRead(v export.Version, err error) error {
	kind := providers.KindOf(err)
	if w.in.policy.TryFiles && (kind == providers.Refused || kind == providers.NotFound || kind == providers.Gone) {
		return &noFilesError{err}
	}
	if kind != providers.Gone && kind != providers.NotFound {
		return err
	}
	known := w.known(w.change.Address).Find(v.ID)
	switch {
	case known == nil:
		return err
	case known.Status == export.Announced:
		return errors.Join(err, w.lease.DropVersions(w.hard, w.change.Address, []string{v.ID}))
	case len(known.Pending) > 0:
		left := *known
		left.Pending = nil
		return errors.Join(err, w.record(left))
	}
	return err
}

// noFilesError means that the service does not hand out the files of an object.
type noFilesError struct{ err error }

func (e *noFilesError) Error() string { return e.err.Error() }
func (e *noFilesError) Unwrap() error { return e.err }

func (w *worker) manifest(k *export.KnownVersion, warnings []string) artifact.Manifest {
	return artifact.Manifest{
		Tool: "reportsync " + w.opt.Version, Address: w.change.Address.String(), Identity: w.in.cfg.Identity,
		Provider: w.in.cfg.Provider, Type: w.change.Address.Type, Version: k.Version, RequestID: k.RequestID,
		Params: attributes(w.in), Rendering: k.Rendering, Format: w.in.cfg.Format, FetchedAt: k.FetchedAt.UTC(),
		Warnings: warnings,
	}
}

// ours are the paths that the version's files may replace: its own older files,
// and those of versions that share its path.
func (w *worker) ours(v export.Version) []string {
	var out []string
	if known := w.known(w.change.Address); known != nil {
		for i := range known.Versions {
			if k := &known.Versions[i]; k.ID == v.ID || !w.in.cfg.Path.PerVersion {
				out = append(out, filesOf(k)...)
			}
		}
	}
	return out
}

// commit makes a version that is on disk known to the state. Files that it
// replaces under other names are removed first: a crash between the two leaves a
// version that the next plan adopts.
func (w *worker) commit(k export.KnownVersion) error {
	addr := w.change.Address
	batch := []export.KnownVersion{k}
	stale := map[string]bool{}
	if known := w.known(addr); known != nil {
		for i := range known.Versions {
			old := known.Versions[i]
			superseded := old.ID != k.ID && old.Status == export.Kept && old.Path == k.Path
			if superseded {
				gone := old
				gone.Status, gone.Artifacts, gone.ManifestPath, gone.Damaged = export.Pruned, nil, "", false
				batch = append(batch, gone)
			}
			if superseded || old.ID == k.ID {
				for _, p := range filesOf(&old) {
					stale[p] = true
				}
			}
		}
	}
	for _, p := range filesOf(&k) {
		delete(stale, p)
	}
	var remove []string
	for p := range stale {
		remove = append(remove, p)
	}
	slices.Sort(remove)
	if err := w.store.Remove(remove...); err != nil {
		return fmt.Errorf("remove files that version %s replaces: %w", k.ID, err)
	}
	if w.openReading(k.ID) == nil {
		return w.record(batch...)
	}
	if err := w.lease.CloseRequest(w.hard, addr, k.ID, string(providers.Ready), batch...); err != nil {
		return fmt.Errorf("record %s: %w", addr, err)
	}
	if _, err := w.refreshed(w.hard, addr); err != nil {
		return err
	}
	return w.store.Parts(partsName(addr, k.ID)).Drop()
}

// filesOf are all paths that belong to a kept version.
func filesOf(k *export.KnownVersion) []string {
	if k.Status != export.Kept {
		return nil
	}
	out := make([]string, 0, len(k.Artifacts)+1)
	for i := range k.Artifacts {
		out = append(out, k.Artifacts[i].Path)
	}
	if k.ManifestPath != "" {
		out = append(out, k.ManifestPath)
	}
	return out
}

func artifactBytes(files []export.Artifact) int64 {
	var n int64
	for i := range files {
		n += files[i].Size
	}
	return n
}
