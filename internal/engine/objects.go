package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"reportsync/internal/export"
	"reportsync/internal/plan"
	"reportsync/internal/providers"
)

// creator is the ability of the instance's provider to look after objects.
func (w *worker) creator() (providers.Creator, error) {
	acct := w.account()
	if acct.provider == nil {
		return nil, fmt.Errorf("provider %s cannot be configured, so the object stays on the service: put its block back, or let the object be with a removed block", acct.ref)
	}
	c, ok := acct.provider.(providers.Creator)
	if !ok {
		return nil, fmt.Errorf("provider %s cannot create or delete anything", acct.ref)
	}
	return c, acct.usable()
}

// account is that of the instance, or, for one that is not in the configuration any
// more, that of the state.
func (w *worker) account() *account {
	if w.in != nil {
		return w.in.acct
	}
	return w.Run.account(w.change.Provider)
}

// create makes an object on the service. Around the call stand an intent before it
// and the object's id after it, as with generations.
func (w *worker) create(ctx context.Context) error {
	c, err := w.creator()
	if err != nil {
		return err
	}
	if err := errors.Join(context.Cause(ctx), w.ensure()); err != nil {
		return err
	}
	addr, acct := w.change.Address, w.account().provider.Account()
	in := export.Intent{Kind: export.IntentCreate, StartedAt: w.opt.Clock.Now(), Fingerprint: w.in.cfg.Identity}
	if newest := newestObject(w.known(addr)); newest != nil {
		in.After = newest.ID
	}
	if in.ID, err = w.lease.BeginIntent(w.hard, addr, acct, in); err != nil {
		return fmt.Errorf("journal the creation: %w", err)
	}
	// The call is not cut short by a gentle stop: its answer is worth the wait.
	v, err := c.Create(w.objectTrace(w.hard), w.target(w.in))
	switch providers.KindOf(err) {
	case "":
		if err != nil {
			return err
		}
		return w.created(in, v)
	case providers.Uncertain:
		w.opt.Events.Note(addr, "the answer to the creation was lost; looking for what became of it")
		return w.findCreated(ctx, c, in)
	}
	w.account().close(err)
	return errors.Join(err, w.lease.CloseIntent(w.hard, in.ID, string(providers.KindOf(err))))
}

func (w *worker) objectTrace(ctx context.Context) context.Context {
	return w.traced(ctx, w.change.Address, w.account(), w)
}

// created records an object of ours.
func (w *worker) created(in export.Intent, v export.Version) error {
	acct := w.account().provider.Account()
	req := export.Request{ID: v.ID, StartedAt: w.opt.Clock.Now(), Fingerprint: in.Fingerprint, Version: &v}
	if err := w.lease.OpenRequest(w.hard, w.change.Address, acct, in.ID, req); err != nil {
		return fmt.Errorf("journal the creation of %s: %w", v.ID, err)
	}
	return w.recordCreated(v, in.Fingerprint)
}

func (w *worker) recordCreated(v export.Version, fingerprint string) error {
	k := w.object(v)
	k.Rendering = fingerprint
	if err := w.lease.CloseRequest(w.hard, w.change.Address, v.ID, "created", k); err != nil {
		return fmt.Errorf("record %s: %w", v.ID, err)
	}
	w.made = &k
	_, err := w.refreshed(w.hard, w.change.Address)
	return err
}

// resumeCreate finds out what became of a creation whose answer was lost. If it
// never took place, it is made up for.
func (w *worker) resumeCreate(ctx context.Context) error {
	c, err := w.creator()
	if err != nil {
		return err
	}
	if err := w.ensure(); err != nil {
		return err
	}
	known := w.known(w.change.Address)
	for _, r := range known.Requests {
		if r.Version != nil {
			return w.recordCreated(*r.Version, r.Fingerprint)
		}
	}
	for _, in := range known.Intents {
		if in.Kind == export.IntentCreate {
			return w.findCreated(ctx, c, in)
		}
	}
	return errors.New("the open intent is not in the state any more; plan again")
}

// findCreated asks until it is clear what became of a creation.
func (w *worker) findCreated(ctx context.Context, c providers.Creator, in export.Intent) error {
	t := w.target(w.in)
	t.Marker = marker(w.change.Address, in.Fingerprint) // the arguments may have changed since
	for {
		rec, err := c.FindCreated(w.objectTrace(w.hard), t, in)
		if err != nil {
			return fmt.Errorf("find out what became of the creation at %s: %w", in.StartedAt.UTC().Format(time.RFC3339), err)
		}
		switch rec.Outcome {
		case providers.FoundVersion:
			return w.created(in, *rec.Version)
		case providers.NotStarted:
			if err := w.lease.CloseIntent(w.hard, in.ID, "never started"); err != nil {
				return err
			}
			if _, err := w.refreshed(w.hard, w.change.Address); err != nil {
				return err
			}
			return w.create(ctx)
		}
		if rec.Wait <= 0 {
			return fmt.Errorf("it cannot be told whether the creation at %s took place; look at the service, then "+
				"run `reportsync import '%s' ID` if it did, or `reportsync state rm '%s'` if it did not",
				in.StartedAt.UTC().Format(time.RFC3339), w.change.Address, w.change.Address)
		}
		d, err := w.wait(ctx, w.change.Address, "it is not clear yet whether the object was created", w.opt.Clock.Now().Add(rec.Wait))
		w.waited += d
		if err != nil {
			return err
		}
	}
}

// adoptObject takes an object that was recognised on the service.
func (w *worker) adoptObject(v export.Version) error {
	k := w.object(v)
	w.made = &k
	return w.record(k)
}

// object is a version that is an object made from today's arguments.
func (w *worker) object(v export.Version) export.KnownVersion {
	return export.KnownVersion{Version: v, Status: export.Remote, Rows: -1, Object: true, Rendering: w.in.cfg.Identity}
}

// outdate marks the objects that are about to be replaced, so that they are
// retired whatever happens after the next one is created.
func (w *worker) outdate() error {
	var old []export.KnownVersion
	if known := w.known(w.change.Address); known != nil {
		for _, k := range known.Versions {
			if k.Object && k.Status != export.Abandoned {
				k.Rendering = ""
				old = append(old, k)
			}
		}
	}
	if len(old) == 0 {
		return nil
	}
	return w.record(old...)
}

// deleteObject ends an object on the service. One that the service does not let us
// delete is left and noted.
func (w *worker) deleteObject(ctx context.Context, s *plan.Step) error {
	c, err := w.creator()
	if err != nil {
		return err
	}
	known := w.known(w.change.Address)
	k := known.Find(s.Version.ID)
	if k == nil {
		return nil
	}
	if k.Adopted {
		return fmt.Errorf("%s was adopted, not created here, so it is not deleted; plan again", k.ID)
	}
	t := providers.Target{Type: w.change.Address.Type, Known: known.Versions}
	if w.in != nil {
		t = w.target(w.in)
	}
	d, err := c.Delete(w.objectTrace(ctx), t, k.Version)
	if err != nil {
		w.account().close(err)
		return err
	}
	if d.Refused == "" {
		return w.forgetObject(k)
	}
	w.warn(fmt.Sprintf("%s stays on the service, which does not let it be deleted: %s", describe(&k.Version), d.Refused))
	left := *k
	left.Status, left.Artifacts, left.ManifestPath = export.Abandoned, nil, ""
	return w.record(left)
}

// describe names an object with the address of its page, where it has one.
func describe(v *export.Version) string {
	if url := v.Meta["url"]; url != "" {
		return v.ID + " (" + url + ")"
	}
	return v.ID
}

// forgetObject ends our care for an object. Its local files stay, as a version like
// any other.
func (w *worker) forgetObject(k *export.KnownVersion) error {
	if k.Status == export.Kept {
		left := *k
		left.Object = false
		return w.record(left)
	}
	if err := w.ensureExisting(); err != nil {
		return err
	}
	if err := w.lease.DropVersions(w.hard, w.change.Address, []string{k.ID}); err != nil {
		return err
	}
	_, err := w.refreshed(w.hard, w.change.Address)
	return err
}

// ensureExisting is ensure for instances that may not be in the configuration.
func (w *worker) ensureExisting() error {
	if w.in == nil {
		return nil
	}
	return w.ensure()
}

func (w *worker) warn(text string) {
	w.result.Warnings = append(w.result.Warnings, text)
	w.opt.Events.Note(w.change.Address, text)
}

func newestObject(k *export.Known) *export.KnownVersion {
	if k == nil {
		return nil
	}
	for i := len(k.Versions) - 1; i >= 0; i-- {
		if v := &k.Versions[i]; v.Object && v.Status != export.Abandoned {
			return v
		}
	}
	return nil
}
