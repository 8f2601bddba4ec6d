package state_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"reportsync/internal/export"
	"reportsync/internal/state"
)

// helperEnv makes the test binary a helper process: the name of what it does and
// the state it does it to.
const helperEnv = "STATE_TEST_HELPER"

func TestMain(m *testing.M) {
	if what, path, ok := strings.Cut(os.Getenv(helperEnv), " "); ok {
		if err := map[string]func(string) error{"write": writeForever, "turn": takeTurns}[what](path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("15") // each one writes to a disk; more by the flag
	}
	goleak.VerifyTestMain(m)
}

// helper starts a helper process.
func helper(t *testing.T, what, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), helperEnv+"="+what+" "+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

var crashing = export.Address{Type: "planfix_report", Name: "weekly"}

// writeForever journals one generation after the other and says what is done.
func writeForever(path string) error {
	ctx := context.Background()
	s, err := state.Open(ctx, path, state.Options{})
	if err != nil {
		return err
	}
	l, err := s.Acquire(ctx, state.Holder{User: "helper", PID: os.Getpid()}, 0)
	if err != nil {
		return err
	}
	if err := l.PutInstance(ctx, export.Known{Address: crashing}); err != nil {
		return err
	}
	for n := 1; ; n++ {
		name := strconv.Itoa(n)
		id, err := l.BeginIntent(ctx, crashing, "acct", export.Intent{Kind: export.IntentGenerate, StartedAt: noon, Fingerprint: name})
		if err != nil {
			return err
		}
		fmt.Println("intent", n)
		if n%3 == 0 {
			continue // its answer is lost
		}
		if err := l.OpenRequest(ctx, crashing, "acct", id, export.Request{ID: name, StartedAt: noon}); err != nil {
			return err
		}
		fmt.Println("request", n)
		v := populated(n).Versions[0]
		v.ID = name
		if err := l.CloseRequest(ctx, crashing, name, "ready", v); err != nil {
			return err
		}
		fmt.Println("version", n)
	}
}

// TestKilledWriter kills a writing process and looks whether everything that it
// had been told was done is there.
func TestKilledWriter(t *testing.T) {
	t.Parallel()
	for _, lines := range []int{1, 2, 3, 20, 101, 250} {
		t.Run(fmt.Sprint(lines), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "state.db")
			cmd, out := helper(t, "write", path)
			last := map[string]int{}
			for range lines {
				if !out.Scan() {
					t.Fatalf("the helper ended: %v", out.Err())
				}
				note(t, last, out.Text())
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			for out.Scan() { // what it said before it died counts too
				note(t, last, out.Text())
			}
			_ = cmd.Wait() // it was killed

			r, err := state.OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			survived(t, r, last)
			if h, err := r.Holder(t.Context()); err != nil || h == nil || h.PID != cmd.Process.Pid {
				t.Errorf("the lock is held by %+v, %v; want the dead process", h, err)
			}
			closeAll(t, r)
			takenOver(t, path, last)
		})
	}
}

func note(t *testing.T, last map[string]int, line string) {
	t.Helper()
	what, number, ok := strings.Cut(line, " ")
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		t.Fatalf("the helper says %q", line)
	}
	last[what] = n
}

// survived checks that all is there that was said to be done.
func survived(t *testing.T, s *state.State, last map[string]int) {
	t.Helper()
	if err := s.IntegrityCheck(t.Context()); err != nil {
		t.Error(err)
	}
	k := known(t, s, crashing)
	open := map[string]bool{}
	for _, in := range k.Intents {
		open[in.Fingerprint] = true
	}
	for _, r := range k.Requests {
		open[r.ID] = true
	}
	for n := 1; n <= last["intent"]; n++ {
		name := strconv.Itoa(n)
		v := k.Find(name)
		switch {
		case n%3 == 0 && !open[name]:
			t.Errorf("the intent of generation %d is gone", n)
		case n%3 != 0 && v == nil && !open[name]:
			t.Errorf("generation %d left no trace", n)
		case n <= last["version"] && n%3 != 0 && (v == nil || len(v.Artifacts) != 1):
			t.Errorf("version %d is not whole: %+v", n, v)
		}
	}
}

// takenOver checks that the next run can go on once the lease has expired.
func takenOver(t *testing.T, path string, last map[string]int) {
	t.Helper()
	s := openWith(t, path, &oddClock{off: time.Minute})
	defer closeAll(t, s)
	l := acquire(t, s, "ann")
	survived(t, s, last)
	for _, in := range known(t, s, crashing).Intents {
		if err := l.CloseIntent(t.Context(), in.ID, "never started"); err != nil {
			t.Error(err)
		}
	}
	if left := known(t, s, crashing).Intents; len(left) != 0 {
		t.Errorf("intents are left: %+v", left)
	}
}

func TestLockOfALivingProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	cmd, out := helper(t, "write", path)
	if !out.Scan() {
		t.Fatal("the helper ended")
	}
	s := openWith(t, path, nil)
	defer closeAll(t, s)
	_, err := s.Acquire(t.Context(), state.Holder{}, 0)
	lockedBy(t, err, "helper")
	if err := s.ForceUnlock(t.Context(), mustHolder(t, s).ID); err != nil {
		t.Fatal(err)
	}
	l := acquire(t, s, "ann")
	for out.Scan() { // until it ends
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process that lost its lock went on")
	}
	before := meta(t, s)
	put(t, l, &export.Known{Address: address(t, "a.b")})
	if after := meta(t, s); after.Serial != before.Serial+1 {
		t.Errorf("somebody else has written: serial %d became %d", before.Serial, after.Serial)
	}
}

func mustHolder(t *testing.T, s *state.State) *state.Holder {
	t.Helper()
	h, err := s.Holder(t.Context())
	if err != nil || h == nil {
		t.Fatalf("holder: %v, %v", h, err)
	}
	return h
}

// takeTurns adds one to a number beside the state, a few times, under the lease.
func takeTurns(path string) error {
	ctx := context.Background()
	s, err := state.Open(ctx, path, state.Options{})
	if err != nil {
		return err
	}
	for range 3 {
		l, err := s.Acquire(ctx, state.Holder{PID: os.Getpid()}, time.Minute)
		if err != nil {
			return err
		}
		number, err := os.ReadFile(path + ".number")
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		n, _ := strconv.Atoi(string(number)) // none at first
		time.Sleep(5 * time.Millisecond)
		if err := os.WriteFile(path+".number", []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			return err
		}
		if err := l.Release(); err != nil {
			return err
		}
	}
	return s.Close()
}

func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	var cmds []*exec.Cmd
	for range 3 {
		cmd, _ := helper(t, "turn", path)
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if number, err := os.ReadFile(path + ".number"); err != nil || string(number) != "9" {
		t.Errorf("the number is %q, %v; want 9", number, err)
	}
}
