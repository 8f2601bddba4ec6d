package reliability

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"reportsync/internal/sandbox"
)

// mischief is what a proxy does with one request.
type mischief func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte)

// mischiefs are all kinds. A proxy knows nothing of what it passes on.
var mischiefs = map[string]mischief{
	"dropped": func(_ *proxy, w http.ResponseWriter, _ *http.Request, _ []byte) { hangUp(w, nil) },
	"answer lost": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		p.forward(r, body)
		hangUp(w, nil)
	},
	"delayed": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		time.Sleep(time.Second)
		p.forward(r, body).send(w)
	},
	"truncated": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		a := p.forward(r, body)
		a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
		a.body = a.body[:len(a.body)/2]
		a.send(w)
		hangUp(w, nil)
	},
	"truncated without a length": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		a := p.forward(r, body)
		a.header.Del("Content-Length")
		a.body = a.body[:len(a.body)/2]
		a.send(w)
		_ = http.NewResponseController(w).Flush()
		hangUp(w, nil)
	},
	"reset in the middle": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		a := p.forward(r, body)
		a.body = a.body[:len(a.body)/2]
		a.send(w)
		_ = http.NewResponseController(w).Flush()
		hangUp(w, func(c *net.TCPConn) { _ = c.SetLinger(0) })
	},
	"duplicated": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		p.forward(r, body)
		p.forward(r, body).send(w)
	},
	"corrupted": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		a := p.forward(r, body)
		if len(a.body) > 0 {
			a.body[len(a.body)/2] = 0x01
		}
		a.send(w)
	},
	"420":        refusing(420, "Enhance your calm"),
	"429":        refusing(429, "Too many requests"),
	"500":        refusing(500, `{"result":"fail"}`),
	"502":        refusing(502, "<html><h1>Bad gateway</h1></html>"),
	"a web page": refusing(200, "<!doctype html><html><title>Sign in</title></html>"),
	"done as 500": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		p.forward(r, body)
		http.Error(w, "lost", 500)
	},
	"throttled": func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		a := p.forward(r, body)
		rest := a.body
		a.header.Set("Content-Length", strconv.Itoa(len(rest)))
		a.body = nil
		a.send(w)
		for n := 0; len(rest) > 0 && n < 12; n++ { // 1 KiB/s, for a while
			piece := rest[:min(256, len(rest))]
			rest = rest[len(piece):]
			_, _ = w.Write(piece)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(250 * time.Millisecond)
		}
		_, _ = w.Write(rest)
	},
	"never answered": func(p *proxy, _ http.ResponseWriter, r *http.Request, body []byte) {
		p.forward(r, body)
		<-r.Context().Done()
	},
}

func refusing(status int, text string) mischief {
	return func(_ *proxy, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// hangUp ends the connection.
func hangUp(w http.ResponseWriter, first func(*net.TCPConn)) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := c.(*net.TCPConn); ok && first != nil {
		first(tcp)
	}
	_ = c.Close()
}

// proxy stands between the program and the services.
type proxy struct {
	*httptest.Server
	target *url.URL
	what   mischief // with the request of that number, the first being 1
	at     int

	mu   sync.Mutex
	seen int
	hit  string // the path of the request
}

// stand puts a proxy before a sandbox.
func stand(t *testing.T, s *sandbox.Server, what mischief, at int) *proxy {
	t.Helper()
	p := &proxy{target: &url.URL{Scheme: "http", Host: s.Addr()}, what: what, at: at}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.seen++
	mine := p.seen == p.at
	if mine {
		p.hit = r.Method + " " + r.URL.Path
	}
	p.mu.Unlock()
	if mine {
		p.what(p, w, r, body)
		return
	}
	p.forward(r, body).send(w)
}

// spared reports whether nothing was done yet.
func (p *proxy) spared() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hit == ""
}

func (p *proxy) port() string {
	_, port, _ := net.SplitHostPort(p.Listener.Addr().String())
	return port
}

// passed is an answer on its way.
type passed struct {
	status int
	header http.Header
	body   []byte
}

// forward asks the services. Addresses in their answers lead here again.
func (p *proxy) forward(r *http.Request, body []byte) *passed {
	u := *r.URL
	u.Scheme, u.Host = p.target.Scheme, p.target.Host
	req, err := http.NewRequest(r.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return &passed{status: 500, header: http.Header{}}
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return &passed{status: 502, header: http.Header{}}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return &passed{status: 502, header: http.Header{}}
	}
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		text = bytes.ReplaceAll(text, []byte(":"+p.target.Port()), []byte(":"+p.port()))
	}
	header := res.Header.Clone()
	header.Del("Content-Length")
	return &passed{res.StatusCode, header, text}
}

func (a *passed) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// speed is how much faster the services' clock runs than that of a program in another
// process.
const speed = 120

// behind is a place whose program asks the services through a proxy.
func behind(t *testing.T, what mischief, at int) (*place, *proxy, *sandbox.Server) {
	t.Helper()
	p := newPlace(t, "")
	p.served = true
	// The program takes the service's word for how long a report takes.
	quick, err := sandbox.ParseProfile("yandex_market.generation-time=1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{Addr: "127.0.0.1:0", Speed: speed, Profile: quick, Dir: filepath.Join(p.dir, ".reportsync", "sandbox")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	x := stand(t, s, what, at)
	var config strings.Builder
	for _, provider := range []string{"planfix", "planfix_xml", "yandex_market", "yandex_tracker"} {
		fmt.Fprintf(&config, "provider %q {\n  timeout = \"2s\"\n  poll_interval = \"20ms\"\n  requests_per_second = 30\n", provider)
		if provider == "planfix" || provider == "yandex_market" {
			fmt.Fprintf(&config, "  generation_interval = \"1s\"\n")
		}
		args := s.Credentials(provider)
		for _, name := range slices.Sorted(maps.Keys(args)) {
			fmt.Fprintf(&config, "  %s = %q\n", name, strings.Replace(args[name], "http://"+s.Addr(), x.URL, 1))
		}
		config.WriteString("}\n")
	}
	// One month is enough: the next one would have to wait for its turn.
	p.configure(config.String() + strings.Replace(strings.TrimPrefix(scenario, providers), "-1000h", "-1500h", 1))
	return p, x, s
}

// Any single fault that a proxy makes, at any request: it is healed, or told and healed
// by the next run. No file is ever wrong, and what is paid for is paid once; a request
// that the proxy itself makes twice costs one more at most.
func TestProxy(t *testing.T) {
	t.Parallel()
	ref, x, s := behind(t, nil, 0)
	ref.settles()
	want, once, requests := ref.content(), ref.made(), x.seen
	if len(want) < 8 || requests < 30 {
		t.Fatalf("%d files, %d requests", len(want), requests)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	type order struct {
		kind string
		at   int
	}
	var orders []order
	for _, kind := range slices.Sorted(maps.Keys(mischiefs)) {
		for at := range requests {
			orders = append(orders, order{kind, at + 1})
		}
	}
	if !long { // a run takes seconds, as nobody hurries the clock of the program
		rnd := rand.New(rand.NewPCG(4, 20261126))
		rnd.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
		orders = orders[:4]
	}
	for _, o := range orders {
		t.Run(fmt.Sprintf("%s at %d", o.kind, o.at), func(t *testing.T) {
			t.Parallel()
			want := want
			p, x, _ := behind(t, mischiefs[o.kind], o.at)
			var out string
			for runs := 0; runs < 2 && x.spared(); runs++ { // the last requests are those of a second run
				var code int
				out, code = p.run(nil, "apply", "-auto-approve")
				if !slices.Contains([]int{0, 1, 3, 4}, code) || strings.Contains(out, "goroutine ") {
					t.Errorf("exit status %d\n%s", code, out)
				}
			}
			if x.spared() {
				t.Fatalf("there was no request %d", o.at)
			}
			if o.kind == "corrupted" {
				want = undamaged(want)
			}
			p.same(want)
			p.settles()
			p.same(want)
			if o.kind == "duplicated" {
				p.paidOnceOrTwice(once)
			} else {
				p.paidOnce(once)
			}
			if t.Failed() {
				t.Logf("%s\n%s", x.hit, out)
			}
		})
	}
}

// paidOnceOrTwice allows for one more generation or creation.
func (p *place) paidOnceOrTwice(want made) {
	p.t.Helper()
	got := p.made()
	more := got.planfix - want.planfix + got.market - want.market + got.tracker - want.tracker
	if more < 0 || more > 1 {
		p.t.Errorf("made: %+v, want %+v or one more", got, want)
	}
}
