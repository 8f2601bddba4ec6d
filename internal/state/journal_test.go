package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

func known(t *testing.T, s *state.State, addr export.Address) *export.Known {
	t.Helper()
	k, err := s.Get(t.Context(), addr)
	if err != nil || k == nil {
		t.Fatalf("get %s: %v, %v", addr, k, err)
	}
	return k
}

func TestGenerationFromIntentToVersion(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx, addr := t.Context(), address(t, "planfix_report.weekly")
	put(t, l, &export.Known{Address: addr, Provider: "planfix"})

	in := export.Intent{Kind: export.IntentGenerate, StartedAt: noon, Fingerprint: "f", After: "8"}
	var err error
	if in.ID, err = l.BeginIntent(ctx, addr, "acct", in); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]export.Intent{in}, known(t, s, addr).Intents); d != "" {
		t.Errorf("intents (-want +got):\n%s", d)
	}

	req := export.Request{ID: "r1", StartedAt: noon, Fingerprint: "f"}
	slot := state.LimitClock{
		Key:   export.LimitKey{Account: "acct", Name: "generation"},
		Limit: export.Limit{LastStart: noon, NotBefore: noon.Add(10 * time.Minute)},
	}
	if err := l.OpenRequest(ctx, addr, "acct", in.ID, req, slot); err != nil {
		t.Fatal(err)
	}
	k := known(t, s, addr)
	if d := cmp.Diff([]export.Request{req}, k.Requests); d != "" || len(k.Intents) != 0 {
		t.Errorf("requests (-want +got):\n%s\nintents: %v", d, k.Intents)
	}
	snap, err := s.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[export.LimitKey]export.Limit{slot.Key: slot.Limit}, snap.Limits); d != "" {
		t.Errorf("limits (-want +got):\n%s", d)
	}

	made := export.KnownVersion{Version: export.Version{ID: "9"}, Status: export.Announced, Rows: -1, RequestID: "r1"}
	for range 2 { // a second time changes nothing
		if err := l.CloseRequest(ctx, addr, "r1", "ready", made); err != nil {
			t.Fatal(err)
		}
		k = known(t, s, addr)
		if d := cmp.Diff([]export.KnownVersion{made}, k.Versions); d != "" || len(k.Requests) != 0 {
			t.Errorf("versions (-want +got):\n%s\nrequests: %v", d, k.Requests)
		}
	}
}

func TestRequestThatCannotBeRecordedLeavesTheIntentOpen(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx, addr := t.Context(), address(t, "a.b")
	put(t, l, &export.Known{Address: addr})
	id, err := l.BeginIntent(ctx, addr, "acct", export.Intent{Kind: export.IntentCreate})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.OpenRequest(ctx, address(t, "a.none"), "acct", id, export.Request{ID: "r"}); err == nil {
		t.Fatal("a request of an unknown instance was recorded")
	}
	if k := known(t, s, addr); len(k.Intents) != 1 || k.Intents[0].Kind != export.IntentCreate {
		t.Errorf("intents: %+v", k.Intents)
	}
}

func TestOpenRequestsOldestFirst(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx, addr := t.Context(), address(t, "a.b")
	put(t, l, &export.Known{Address: addr})
	for _, r := range []struct {
		id string
		at time.Duration
	}{{"young", 2}, {"old", 0}, {"middle", 1}} {
		if err := l.OpenRequest(ctx, addr, "acct", 0, export.Request{ID: r.id, StartedAt: noon.Add(r.at)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range known(t, s, addr).Requests {
		got = append(got, r.ID)
	}
	if d := cmp.Diff([]string{"old", "middle", "young"}, got); d != "" {
		t.Error(d)
	}
}

// TestServiceGivesTheSameRequestIDAgain: some services answer a repeated question
// with the id of the first.
func TestServiceGivesTheSameRequestIDAgain(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	ctx, a, b := t.Context(), address(t, "a.b"), address(t, "a.c")
	put(t, l, &export.Known{Address: a})
	put(t, l, &export.Known{Address: b})
	req := export.Request{ID: "r", StartedAt: noon}
	for _, addr := range []export.Address{a, b} {
		if err := l.OpenRequest(ctx, addr, "acct", 0, req); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.CloseRequest(ctx, a, "r", "failed"); err != nil {
		t.Fatal(err)
	}
	if n, m := len(known(t, s, a).Requests), len(known(t, s, b).Requests); n != 0 || m != 1 {
		t.Errorf("%d and %d open requests, want 0 and 1", n, m)
	}
	req.StartedAt = noon.Add(time.Hour)
	if err := l.OpenRequest(ctx, a, "acct", 0, req); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]export.Request{req}, known(t, s, a).Requests); d != "" {
		t.Error(d)
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	s, l := locked(t)
	for _, n := range []int{3, 4} {
		if err := l.AddQuota(t.Context(), "acct", "2026-04-24", n); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[string]int{"2026-04-24": 7, "2026-04-25": 0} {
		if got, err := s.Quota(t.Context(), "acct", day); got != want || err != nil {
			t.Errorf("%s: got %d, %v; want %d", day, got, err, want)
		}
	}
}
