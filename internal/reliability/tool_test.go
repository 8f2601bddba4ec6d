package reliability

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"

	"reportsync/internal/sandbox/sim"
)

// long asks for the whole of each proof instead of a sample.
var long = os.Getenv("REPORTSYNC_LONG") != ""

var builds string // holds what is built

func TestMain(m *testing.M) {
	var err error
	if builds, err = os.MkdirTemp("", "reportsync-reliability-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(builds)
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(builds, "reportsync")
	cmd := exec.Command("go", "build", "-tags", "failpoints", "-o", bin, "reportsync/cmd/reportsync")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return bin, nil
})

// place is a folder with a configuration.
type place struct {
	t   testing.TB
	bin string
	dir string
	// served is set when the services are not the program's own sandbox.
	served bool
	// peak is what the last run took at most.
	peak peaks
	// out is everything that was printed.
	out strings.Builder
}

// peaks are those of a process; 0 where the system does not tell.
type peaks struct {
	memory int64 // resident, KiB
	files  int   // open at the same time
}

func newPlace(t testing.TB, config string) *place {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, bin: bin, dir: t.TempDir()}
	p.configure(config)
	return p
}

// configure writes the configuration.
func (p *place) configure(config string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "main.hcl"), []byte(config), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// copy is another place that is just like this one.
func (p *place) copy(t testing.TB) *place {
	t.Helper()
	c := &place{t: t, bin: p.bin, dir: t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, 0o700)
		} else if err == nil {
			err = os.Chmod(path, 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// killed stands for an exit status where there is none.
const killed = -1

// run runs the program against its sandbox and returns its exit status.
func (p *place) run(env []string, args ...string) (out string, code int) {
	p.t.Helper()
	return p.runFor(p.t.Context(), env, args...)
}

func (p *place) runFor(ctx context.Context, env []string, args ...string) (out string, code int) {
	p.t.Helper()
	if !p.served {
		args = append(args, "-sandbox")
	}
	cmd := exec.CommandContext(ctx, p.bin, args...)
	cmd.Dir = p.dir
	cmd.Env = append([]string{"HOME=" + p.dir, "CI=true", "TMPDIR=" + os.TempDir()}, env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Start()
	if err == nil {
		stop := watch(cmd.Process.Pid)
		err = cmd.Wait()
		p.peak = stop()
	}
	text := said.Bytes()
	p.out.Write(text)
	if err == nil {
		return string(text), 0
	}
	if ctx.Err() != nil {
		return string(text), killed
	}
	e, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		p.t.Fatalf("%s: %v", args, err)
	}
	return string(text), e.ExitCode()
}

// must runs the program, which must end well.
func (p *place) must(args ...string) string {
	p.t.Helper()
	out, code := p.run(nil, args...)
	if code != 0 {
		p.t.Fatalf("%s: exit status %d\n%s", args, code, out)
	}
	return out
}

// stats are what the sandbox counted, by provider.
func (p *place) stats() map[string]sim.Counts {
	p.t.Helper()
	var doc struct {
		Cells map[string]json.RawMessage `json:"cells"`
	}
	p.decode(&doc)
	out := map[string]sim.Counts{}
	for name, raw := range doc.Cells {
		provider, isCounts := strings.CutSuffix(name, ".counts")
		if !isCounts {
			continue
		}
		var c sim.Counts
		if err := json.Unmarshal(raw, &c); err != nil {
			p.t.Fatal(err)
		}
		out[provider] = c
	}
	return out
}

func (p *place) decode(v any) {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.dir, ".reportsync", "sandbox", "memory.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		p.t.Fatal(err)
	}
}

// deleted is how many reports Tracker was made to delete.
func (p *place) deleted() int {
	p.t.Helper()
	var doc struct {
		Cells struct {
			Tracker struct {
				Deleted []string `json:"deleted"`
			} `json:"yandex_tracker"`
		} `json:"cells"`
	}
	p.decode(&doc)
	return len(doc.Cells.Tracker.Deleted)
}

// made is what was started or created on the services, as they remember it themselves:
// the counters are the process's, which may be killed before it has counted.
type made struct{ planfix, market, tracker int }

func (p *place) made() made {
	p.t.Helper()
	type things []json.RawMessage
	var doc struct {
		Cells struct {
			Planfix struct {
				Generations things `json:"generations"`
			} `json:"planfix"`
			Market struct {
				Reports things `json:"reports"`
			} `json:"yandex_market"`
			Tracker struct {
				Reports things `json:"reports"`
			} `json:"yandex_tracker"`
		} `json:"cells"`
	}
	p.decode(&doc)
	return made{len(doc.Cells.Planfix.Generations), len(doc.Cells.Market.Reports), len(doc.Cells.Tracker.Reports)}
}

// exports is the folder of the files.
func (p *place) exports() string {
	if p.served {
		return filepath.Join(p.dir, "exports")
	}
	return filepath.Join(p.dir, ".reportsync", "sandbox", "exports")
}

// files are all files below the folder of exports, and their contents.
func (p *place) files() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(p.exports(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		rel, _ := filepath.Rel(p.exports(), path)
		out[filepath.ToSlash(rel)] = string(raw)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

// recorded are the files that the state knows.
func (p *place) recorded() []string {
	p.t.Helper()
	var out []string
	scan := bufio.NewScanner(strings.NewReader(p.must("versions", "-json")))
	scan.Buffer(nil, 64<<20)
	for scan.Scan() {
		var line any
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil {
			p.t.Fatalf("%v in %.200s", err, scan.Text())
		}
		out = append(out, paths(line)...)
	}
	return out
}

// paths are the values of all members called path or manifest.
func paths(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if s, ok := e.(string); ok && (name == "path" || name == "manifest") {
				out = append(out, s)
				continue
			}
			out = append(out, paths(e)...)
		}
	case []any:
		for _, e := range v {
			out = append(out, paths(e)...)
		}
	}
	return out
}

// settled makes sure that all is as if nothing had ever gone wrong.
func (p *place) settled() {
	p.t.Helper()
	if out, code := p.run(nil, "plan", "-detailed-exitcode"); code != 0 {
		p.t.Errorf("the plan is not empty: %d\n%s", code, out)
	}
	p.sound()
}

// maxTries are for the first half of an hour, in which the hourly saves are made.
const maxTries = 24

// settles applies until there is nothing more to do: while a run goes on, so does the
// services' time, and they may have something new.
func (p *place) settles() {
	p.t.Helper()
	for try := 1; ; try++ {
		p.must("apply", "-auto-approve")
		out, code := p.run(nil, "plan", "-detailed-exitcode")
		if code == 0 {
			break
		}
		if try == maxTries {
			p.t.Errorf("the plan is not empty: %d\n%.3000s", code, out)
			break
		}
	}
	p.sound()
}

// sound makes sure that files and state are whole and agree.
func (p *place) sound() {
	p.t.Helper()
	if out, code := p.run(nil, "verify"); code != 0 {
		p.t.Errorf("verify: %d\n%s", code, out)
	}
	known := p.recorded()
	for name := range p.files() {
		if !slices.ContainsFunc(known, func(k string) bool { return k == name || strings.HasSuffix(k, "/"+name) }) && !isManifest(name) {
			p.t.Errorf("a stray file: %s", name)
		}
	}
	p.integrity()
	p.private()
}

func isManifest(name string) bool { return strings.HasSuffix(name, "manifest.json") }

// integrity lets SQLite check the state.
func (p *place) integrity() {
	p.t.Helper()
	var verdict string
	if p.query(`PRAGMA integrity_check`, &verdict); verdict != "ok" {
		p.t.Errorf("integrity_check: %q", verdict)
	}
}

// query asks the state's database for one value.
func (p *place) query(question string, answer any) {
	p.t.Helper()
	folder := filepath.Join(p.dir, ".reportsync", "sandbox")
	if p.served {
		folder = filepath.Dir(folder)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.db"))
	if err != nil || len(found) != 1 {
		p.t.Fatalf("states: %q, %v", found, err)
	}
	db, err := sql.Open("sqlite", found[0])
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(p.t.Context(), question).Scan(answer); err != nil {
		p.t.Fatalf("%s: %v", question, err)
	}
}

// private makes sure that nobody else may read what was written.
func (p *place) private() {
	p.t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	for _, root := range []string{filepath.Join(p.dir, ".reportsync"), p.exports()} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := os.Lstat(path)
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				p.t.Errorf("%s has the mode %s", path, info.Mode())
			}
			return err
		})
		if err != nil {
			p.t.Error(err)
		}
	}
}

// providers are those of all services.
const providers = `
provider "planfix" {
  base_url = "https://acme.planfix.com/rest"
  timeout  = "2s"
}
provider "planfix_xml" {
  base_url = "https://api.planfix.com/xml/"
  account  = "acme"
  api_key  = "x"
  token    = "x"
  timeout  = "2s"
}
provider "yandex_market" {
  timeout = "2s"
}
provider "yandex_tracker" {
  org_id  = "1"
  timeout = "2s"
}
`

// scenario has an export of each kind, small ones.
const scenario = providers + `
export "planfix_report" "sales" {
  report_id = "26000"
}
export "planfix_report" "payroll" {
  report_id = "26052"
  mode      = "generate"
}
export "planfix_xml_list" "book" {
  method = "handbook.getRecords"
  params = { handbook = { id = "131" } }
}
export "yandex_market_report" "orders" {
  report = "united_orders"

  period {
    every = "month"
    from  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1800h"))
    until = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-1000h"))
  }
}
export "yandex_market_report" "labels" {
  report = "documents_labels"
  params = { order_ids = ["1000001"] }
  format = "raw"
}
export "yandex_tracker_report" "backlog" {
  summary = "Support backlog"
  query   = "Queue: SUPPORT"
  fields  = ["key", "summary"]
}
export "yandex_tracker_issues" "hr" {
  queue  = "HR"
  fields = ["key", "summary"]
}
`
