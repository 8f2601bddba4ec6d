package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// service is a report service of which every report has one save.
type service struct {
	chunks                    int
	body                      *chunk
	listLatency, chunkLatency time.Duration
	lists, reads              atomic.Int64
}

// serve is the role of the service. It prints its address, and ends when stdin does.
func serve(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	s := &service{}
	flags.IntVar(&s.chunks, "chunks", 1, "chunks of each save")
	rows := flags.Int("rows", 3, "rows of each chunk")
	links := flags.Bool("links", false, "the first cell of each row has a link")
	flags.DurationVar(&s.listLatency, "list-latency", 0, "wait before each list")
	flags.DurationVar(&s.chunkLatency, "chunk-latency", 0, "wait before each chunk")
	forward := flags.String("forward", "", "pass every request on to this address after -list-latency")
	if err := flags.Parse(args); err != nil {
		return err
	}
	handler := s.handler()
	if *forward == "" {
		s.body = render(*rows, *links)
	} else if handler, err = s.forward(*forward); err != nil {
		return err
	}
	return untilStdinEnds(ctx, func(string) http.Handler { return handler }, stdin, stdout)
}

// untilStdinEnds serves on a port of its own, prints its address, and ends when stdin
// does. The handler is told host and port.
func untilStdinEnds(ctx context.Context, handler func(host string) http.Handler, stdin io.Reader, stdout io.Writer) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler(l.Addr().String()), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	if _, err := fmt.Fprintf(stdout, "http://%s\n", l.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	err = errors.Join(err, server.Close())
	if end := <-ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rest/report/{report}/save/list", s.list)
	mux.HandleFunc("POST /rest/report/{report}/save/{save}/data", s.data)
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "%d %d", s.lists.Swap(0), s.reads.Swap(0))
	})
	return mux
}

// forward stands before another service and takes the time that a service takes.
func (s *service) forward(to string) (http.Handler, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait(r.Context(), s.listLatency)
		proxy.ServeHTTP(w, r)
	}), nil
}

func (s *service) list(w http.ResponseWriter, r *http.Request) {
	s.lists.Add(1)
	wait(r.Context(), s.listLatency)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"result":"success","saves":[{"id":5388,"reportId":%s,"dateTime":{"date":"24-04-2025","time":"06:10",`+
		`"datetime":"2025-04-24T06:10Z"},"name":"Weekly 24.04","chunksCount":%d}]}`, r.PathValue("report"), s.chunks)
}

func (s *service) data(w http.ResponseWriter, r *http.Request) {
	s.reads.Add(1)
	wait(r.Context(), s.chunkLatency)
	n, err := strconv.Atoi(r.URL.Query().Get("chunk"))
	w.Header().Set("Content-Type", "application/json")
	if err != nil || n < 0 || n >= s.chunks {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"result":"fail","code":41,"error":"chunk"}`)
		return
	}
	head := fmt.Sprintf(`{"result":"success","data":{"chunk":%d,"rows":[`, n)
	w.Header().Set("Content-Length", strconv.Itoa(len(head)+len(s.body.rows)))
	_, _ = io.WriteString(w, head)
	_, _ = w.Write(s.body.rows) // a client that goes away is its own trouble
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// served is a service in a process of its own.
type served struct {
	url   string // without the path
	cmd   *exec.Cmd
	stdin io.Closer
}

func (s *served) rest() string { return s.url + "/rest" }

// start starts a service.
func (b *bench) start(ctx context.Context, args ...string) (*served, error) {
	return b.startRole(ctx, "serve", args...)
}

// startRole starts a service that is a role of this program.
func (b *bench) startRole(ctx context.Context, role string, args ...string) (*served, error) {
	cmd := exec.CommandContext(ctx, b.self, append([]string{role}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the service: %w", err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	s := &served{url: strings.TrimSpace(url), cmd: cmd, stdin: stdin}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the service: %w", err), s.stop())
	}
	return s, nil
}

func (s *served) stop() error {
	_ = s.stdin.Close()
	return s.cmd.Wait()
}

// requests returns how many lists and chunks were asked for since the last call.
func (s *served) requests(ctx context.Context) (lists, reads int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/requests", nil)
	if err != nil {
		return 0, 0, err
	}
	resp, err := http.DefaultClient.Do(req) //nolint:forbidigo // the service is on loopback, and nothing is measured here
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	_, err = fmt.Fscan(resp.Body, &lists, &reads)
	return lists, reads, err
}
