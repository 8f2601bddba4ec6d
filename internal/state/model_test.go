package state_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

// TestStateIsWhatWasWritten does random writes to a state and to a model in
// memory, closing and reopening the state now and then.
func TestStateIsWhatWasWritten(t *testing.T) {
	t.Parallel()
	folder, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		m := &model{
			t: rt, path: filepath.Join(folder, fmt.Sprint(n), "state.db"),
			instances: map[export.Address]*export.Known{}, limits: map[export.LimitKey]export.Limit{},
		}
		m.reopen(rt)
		defer func() {
			if err := m.s.Close(); err != nil {
				rt.Error(err)
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"instance": m.putInstance, "versions": m.putVersions, "drop": m.drop, "remove": m.remove, "damage": m.damage,
			"intent": m.intent, "request": m.request, "limit": m.limit, "reopen": m.reopen, "": m.check,
		})
	})
}

type model struct {
	t         *rapid.T
	path      string
	s         *state.State
	l         *state.Lease
	instances map[export.Address]*export.Known
	limits    map[export.LimitKey]export.Limit
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) reopen(t *rapid.T) {
	var err error
	if m.s != nil {
		m.must(m.s.Close())
	}
	m.s, err = state.Open(t.Context(), m.path, state.Options{})
	m.must(err)
	m.l, err = m.s.Acquire(t.Context(), state.Holder{}, 0)
	m.must(err)
}

var (
	genText   = rapid.SampledFrom([]string{"", "x", "отчёт", "a\x00b", `q"'; DROP TABLE versions; --`, "line\nline", "${x}"})
	genTime   = rapid.Map(rapid.Int64Range(0, 3), func(n int64) time.Time { return noon.Add(time.Duration(n)) })
	genPeriod = rapid.Custom(func(t *rapid.T) *export.Period {
		at := genTime.Draw(t, "start")
		return &export.Period{Name: genText.Draw(t, "period"), Start: at, End: at.Add(time.Hour)}
	})
	genAddress = rapid.Custom(func(t *rapid.T) export.Address {
		a := export.Address{Type: "type", Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), Data: rapid.Bool().Draw(t, "data")}
		if rapid.Bool().Draw(t, "keyed") {
			a = a.Instance(genText.Draw(t, "key"))
		}
		return a
	})
	genArtifact = rapid.Custom(func(t *rapid.T) export.Artifact {
		a := export.Artifact{
			Path: rapid.StringMatching(`[a-c]/[a-c]\.csv`).Draw(t, "path"), Sheet: genText.Draw(t, "sheet"), Size: rapid.Int64().Draw(t, "size"),
			Rows: rapid.Int64Range(-1, 9).Draw(t, "rows"), SHA256: genText.Draw(t, "sha256"), ModTime: genTime.Draw(t, "time"),
		}
		if rapid.Bool().Draw(t, "columns") {
			a.Columns = []export.Column{{Name: genText.Draw(t, "column"), Title: genText.Draw(t, "title")}}
		}
		return a
	})
	genVersion = rapid.Custom(func(t *rapid.T) export.KnownVersion {
		files := rapid.SliceOfNDistinct(genArtifact, 0, 3, func(a export.Artifact) string { return a.Path }).Draw(t, "files")
		slices.SortFunc(files, func(a, b export.Artifact) int { return strings.Compare(a.Path, b.Path) })
		if len(files) == 0 {
			files = nil
		}
		return export.KnownVersion{
			Version: export.Version{
				ID: rapid.SampledFrom([]string{"1", "2", "10", "x"}).Draw(t, "id"), Name: genText.Draw(t, "name"),
				CreatedAt: genTime.Draw(t, "created"), CreatedRaw: genText.Draw(t, "raw"),
				Parts: rapid.IntRange(0, 3).Draw(t, "parts"), PartsTolerant: rapid.Bool().Draw(t, "tolerant"),
				Period: rapid.OneOf(rapid.Just((*export.Period)(nil)), genPeriod).Draw(t, "period"),
			},
			Status:    rapid.SampledFrom([]export.VersionStatus{export.Kept, export.Pruned, export.Announced}).Draw(t, "status"),
			Artifacts: files, ManifestPath: genText.Draw(t, "manifest"), Path: genText.Draw(t, "path"), Rendering: genText.Draw(t, "rendering"),
			Rows: rapid.Int64Range(-1, 5).Draw(t, "rows"), FetchedAt: genTime.Draw(t, "fetched"), RequestID: genText.Draw(t, "request"),
		}
	})
)

// any draws one of the instances there are, or nil.
func (m *model) any(t *rapid.T) *export.Known {
	addrs := slices.SortedFunc(maps.Keys(m.instances), export.Address.Compare)
	if len(addrs) == 0 {
		return nil
	}
	return m.instances[rapid.SampledFrom(addrs).Draw(t, "instance")]
}

func (m *model) putInstance(t *rapid.T) {
	addr := genAddress.Draw(t, "address")
	k := m.instances[addr]
	if k == nil {
		k = &export.Known{Address: addr}
		m.instances[addr] = k
	}
	k.Provider, k.Account, k.Identity = genText.Draw(t, "provider"), genText.Draw(t, "account"), genText.Draw(t, "identity")
	k.Attributes = rapid.SampledFrom([][]byte{nil, []byte(`{}`), []byte(`{"a":"ы"}`)}).Draw(t, "attributes")
	k.PreventDestroy, k.OnDestroy = rapid.Bool().Draw(t, "prevent"), genText.Draw(t, "on_destroy")
	m.must(m.l.PutInstance(t.Context(), *k))
}

func (m *model) putVersions(t *rapid.T) {
	k := m.any(t)
	if k == nil {
		t.Skip("no instance")
	}
	list := rapid.SliceOfN(genVersion, 0, 3).Draw(t, "versions")
	m.must(m.l.PutVersions(t.Context(), k.Address, list))
	for _, v := range list {
		m.forget(k, v.ID)
		k.Versions = append(k.Versions, v)
	}
}

func (m *model) forget(k *export.Known, id string) {
	k.Versions = slices.DeleteFunc(k.Versions, func(v export.KnownVersion) bool { return v.ID == id })
}

func (m *model) drop(t *rapid.T) {
	k := m.any(t)
	if k == nil {
		t.Skip("no instance")
	}
	m.must(m.l.DropVersions(t.Context(), k.Address, []string{"1", "x"}))
	m.forget(k, "1")
	m.forget(k, "x")
}

func (m *model) remove(t *rapid.T) {
	addr := genAddress.Draw(t, "address")
	m.must(m.l.RemoveInstance(t.Context(), addr))
	delete(m.instances, addr)
}

func (m *model) damage(t *rapid.T) {
	k := m.any(t)
	if k == nil || len(k.Versions) == 0 {
		t.Skip("no version")
	}
	v := &k.Versions[0]
	v.Damaged = rapid.Bool().Draw(t, "damaged")
	m.must(m.l.MarkDamaged(t.Context(), k.Address, v.ID, v.Damaged))
}

func (m *model) intent(t *rapid.T) {
	k := m.any(t)
	if k == nil {
		t.Skip("no instance")
	}
	in := export.Intent{
		Kind: export.IntentGenerate, StartedAt: genTime.Draw(t, "started"), Period: genPeriod.Draw(t, "period"),
		Fingerprint: genText.Draw(t, "fingerprint"), After: genText.Draw(t, "after"),
	}
	var err error
	in.ID, err = m.l.BeginIntent(t.Context(), k.Address, "acct", in)
	m.must(err)
	k.Intents = append(k.Intents, in)
}

// request answers the oldest intent with a request, or closes the oldest request.
func (m *model) request(t *rapid.T) {
	k := m.any(t)
	switch {
	case k == nil || len(k.Intents)+len(k.Requests) == 0:
		t.Skip("nothing is open")
	case len(k.Intents) > 0:
		in := k.Intents[0]
		r := export.Request{ID: fmt.Sprint(in.ID), StartedAt: noon.Add(time.Duration(in.ID)), Period: in.Period, Fingerprint: in.Fingerprint}
		m.must(m.l.OpenRequest(t.Context(), k.Address, "acct", in.ID, r))
		k.Requests = append(k.Requests, r)
		if k.Intents = k.Intents[1:]; len(k.Intents) == 0 {
			k.Intents = nil
		}
	default:
		v := genVersion.Draw(t, "made")
		m.must(m.l.CloseRequest(t.Context(), k.Address, k.Requests[0].ID, "ready", v))
		if k.Requests = k.Requests[1:]; len(k.Requests) == 0 {
			k.Requests = nil
		}
		m.forget(k, v.ID)
		k.Versions = append(k.Versions, v)
	}
}

func (m *model) limit(t *rapid.T) {
	key := export.LimitKey{Account: genText.Draw(t, "account"), Name: genText.Draw(t, "name")}
	m.limits[key] = export.Limit{LastStart: genTime.Draw(t, "last"), NotBefore: genTime.Draw(t, "next")}
	m.must(m.l.SetLimit(t.Context(), key, m.limits[key]))
}

// byID puts versions in an order that can be compared: some that are drawn have no
// order by age.
func byID(list []export.KnownVersion) {
	slices.SortFunc(list, func(a, b export.KnownVersion) int { return strings.Compare(a.ID, b.ID) })
}

func (m *model) check(t *rapid.T) {
	snap, err := m.s.Snapshot(t.Context())
	m.must(err)
	for addr, want := range m.instances {
		if len(want.Versions) == 0 {
			want.Versions = nil
		}
		got, err := m.s.Get(t.Context(), addr)
		m.must(err)
		if d := cmp.Diff(got, snap.Instances[addr]); d != "" {
			t.Fatalf("Get and Snapshot of %s differ:\n%s", addr, d)
		}
		for _, k := range []*export.Known{want, got, snap.Instances[addr]} {
			byID(k.Versions)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("Get %s (-want +got):\n%s", addr, d)
		}
	}
	if d := cmp.Diff(m.instances, snap.Instances); d != "" {
		t.Fatalf("Snapshot (-want +got):\n%s", d)
	}
	if d := cmp.Diff(m.limits, snap.Limits); d != "" {
		t.Fatalf("limits (-want +got):\n%s", d)
	}
}

func TestReadersAndWritersAtOnce(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	reader, err := state.OpenReadOnly(t.Context(), s.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, reader)
	const each = 15
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range each {
				k := populated(w*each + i)
				if err := l.Commit(t.Context(), k.Address, k, k.Versions...); err != nil {
					t.Error(err)
				}
				if got, err := s.Get(t.Context(), k.Address); err != nil || got == nil || len(got.Versions) != 3 {
					t.Errorf("what was written is not read: %v, %v", got, err)
				}
			}
		})
	}
	for _, from := range []*state.State{s, reader} {
		for range 3 {
			wg.Go(func() {
				for range each {
					snap, err := from.Snapshot(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					for addr, k := range snap.Instances {
						if len(k.Versions) != 3 || len(k.Versions[2].Artifacts) != 1 {
							t.Errorf("half of %s is seen", addr)
						}
					}
					if int64(len(snap.Instances)) != snap.Serial {
						t.Errorf("%d instances at serial %d", len(snap.Instances), snap.Serial)
					}
				}
			})
		}
	}
	wg.Wait()
}
