package market

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/clock"
	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

const testKey = "ACMA:a-secret-key:77"

// arguments are those of a provider block.
func arguments(more schema.Values) schema.Values {
	args := schema.Values{}
	for _, a := range providerBody().Attributes {
		args[a.Name] = a.Default
		if a.Default == cty.NilVal {
			args[a.Name] = cty.NullVal(a.Type)
		}
	}
	args["api_key"], args["business_id"], args["subscription"] = str(testKey), str("987654"), str("none")
	args["requests_per_second"], args["max_retries"] = cty.NumberIntVal(10_000), cty.NumberIntVal(0)
	for name, v := range more {
		args[name] = v
	}
	return args
}

// with makes a provider for a server of the test's own.
func with(t *testing.T, h http.HandlerFunc, more schema.Values) (*provider, *bytes.Buffer) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	args := arguments(more)
	args["base_url"] = str(s.URL)
	log := &bytes.Buffer{}
	dir := t.TempDir()
	p, err := configure(providers.ConfigureRequest{
		Args: args, Transport: transport, UserAgent: "reportsync/1.2.3", Clock: hasty{}, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug - 4})),
		Scratch: func() (providers.Scratch, error) { return newScratch(dir) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.(*provider), log
}

// Each row of what the service is known to refuse.
func TestRefusals(t *testing.T) {
	t.Parallel()
	envelope := func(text string) string {
		return fmt.Sprintf(`{"status":"ERROR","errors":[{"code":"X","message":%q}]}`, text)
	}
	for _, c := range []struct {
		status int
		body   string
		kind   providers.Kind
		hint   string
	}{
		{400, envelope("'dateFrom' must not be null"), providers.Invalid, "params.date_from"},
		{400, envelope("Illegal input at 'campaignIds[0]'"), providers.Invalid, "params.campaign_ids[0]"},
		{400, envelope("size must be between 1 and 10"), providers.Invalid, "Check params"},
		{400, envelope("Without subscription, you cannot request data older than 90 days from now"), providers.Refused, "begin the period later"},
		{400, envelope("You cannot request data older than 400 days"), providers.Refused, "begin the period later"},
		{400, envelope("Only default prices are used for this business"), providers.Invalid, "business_id instead of campaign_id"},
		{400, envelope("Contract with type MARKETING was signed with the agency"), providers.Refused, "agency's"},
		{400, envelope("Campaign type is not allowed. Allowed campaign types: FBY"), providers.Refused, "work model"},
		{400, envelope("Incorrect X-Business-Id header value"), providers.Invalid, "business_id in the provider block"},
		{400, envelope("URL businessId 5 does not match X-Business-Id"), providers.Invalid, "business_id in the provider block"},
		{401, envelope("Api-Key token is invalid"), providers.Auth, "api_key"},
		{401, envelope("token " + testKey + " and ACMA:another:1 revoked"), providers.Auth, "revoked"},
		{403, envelope("Token does not have any of the scopes to access the API method: pricing"), providers.Permission, "Add one of these scopes"},
		{403, envelope("No access to campaigns: 5"), providers.Permission, "data.yandex_market_campaigns"},
		{403, envelope("Entity id from request body does not match businessId in X-Business-Id header"), providers.Permission, "same cabinet"},
		{403, envelope("API for campaign 5 disabled by inactivity"), providers.Refused, "Switch the API"},
		{403, envelope("API for business 5 disabled"), providers.Refused, "Switch the API"},
		{403, envelope("The method is deprecated and is occasionally forbidden"), providers.Transient, "upgrade"},
		{404, envelope("Campaign not found"), providers.NotFound, "Check the ids"},
		{404, envelope("Resource not found"), providers.NotFound, "Check the ids"},
		{405, envelope("Method Not Allowed"), providers.Protocol, "newer version"},
		{415, ``, providers.Protocol, "newer version"},
		{420, envelope("Hit rate limit of 4 parallel requests"), providers.TooSoon, "max_in_flight"},
		{420, envelope("Hit rate limit of 1 requests per 2 minutes for resource goods-prices"), providers.TooSoon, "allowance"},
		{420, envelope("Active reports limit exceeded"), providers.Busy, "in progress"},
		{429, `slow down`, providers.TooSoon, "allowance"},
		{423, envelope("Business is in migration"), providers.Transient, "hours"},
		{499, ``, providers.Uncertain, "asked again"},
		{500, `{"status":"ERROR","errors":null}`, providers.Uncertain, "asked again"},
		{503, `<html>gateway</html>`, providers.Uncertain, "asked again"},
		{200, envelope("something inner"), providers.Refused, "status that means success"},
		{200, `{"status":"OK","result":{}}`, providers.Uncertain, ""},
		{200, `<html>login</html>`, providers.Uncertain, ""},
		{302, ``, providers.Protocol, "base_url"},
	} {
		p, log := with(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Api-Key") != testKey || r.Header.Get("X-Market-Integration") != "reportsync/1.2.3" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers: %v", r.Header)
			}
			if !r.Close {
				t.Error("the connection is to be kept open")
			}
			w.Header().Set("Traceparent", "00-abc-def-01")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}, nil)
		_, err := p.Generate(t.Context(), target("goods_prices", none, export.FormatCSV), nil)
		text := fmt.Sprint(err) + " " + providers.HintOf(err)
		if providers.KindOf(err) != c.kind || !strings.Contains(text, c.hint) {
			t.Errorf("%d %s: got %s, %s", c.status, c.body, providers.KindOf(err), text)
		}
		if strings.Contains(text+log.String(), "a-secret-key") || strings.Contains(text, "ACMA:another") {
			t.Errorf("%d: the key shows in %s\n%s", c.status, text, log)
		}
		if c.status >= 400 && !strings.Contains(text, "traceparent 00-abc-def-01") {
			t.Errorf("%d: no support id in %s", c.status, text)
		}
	}
}

// sheetZip is a report of one sheet.
func sheetZip() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("sheet.csv")
	_, _ = io.WriteString(w, "A,B\n1,2\n")
	_ = z.Close()
	return b.Bytes()
}

// Where a link may lead, and what is sent there.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, link string // % stands for the server's own address, with another name
		args       schema.Values
		want       string
	}{
		{"another host", "http://localhost:%/file?signature=s3cr3t", nil, ""},
		{"redirects", "http://localhost:%/hop/5?signature=s3cr3t", nil, ""},
		{"too many redirects", "http://localhost:%/hop/6?signature=s3cr3t", nil, "more than 5 redirects"},
		{"redirect to http elsewhere", "http://localhost:%/to?u=http://example.com/x", nil, "only https"},
		{"redirect to a file", "http://localhost:%/to?u=file:///etc/passwd", nil, "no host"},
		{"redirect to a file on a host", "http://localhost:%/to?u=file://localhost/etc/passwd", nil, "only https"},
		{"http elsewhere", "http://example.com/x", nil, "only https"},
		{"file", "file:///etc/passwd", nil, "no host"},
		{"user", "https://user:pw@example.com/x", nil, "user"},
		{"no address", "::", nil, "no address"},
		{"host is not allowed", "http://localhost:%/file?signature=s3cr3t", schema.Values{"download_hosts": cty.ListVal([]cty.Value{str("yandex.net")})}, "download_hosts does not name"},
		{"host is allowed", "http://localhost:%/file?signature=s3cr3t", schema.Values{"download_hosts": cty.ListVal([]cty.Value{str("LOCALHOST")})}, ""},
		{"redirect to a host that is not allowed", "http://localhost:%/to?u=http://127.0.0.1/x", schema.Values{"download_hosts": cty.ListVal([]cty.Value{str("localhost")})}, "download_hosts does not name"},
		{"too large", "http://localhost:%/huge", schema.Values{"max_file_size": cty.NumberIntVal(1)}, "more than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			generations := 0
			p, log := with(t, func(w http.ResponseWriter, r *http.Request) {
				port := r.Host[strings.LastIndexByte(r.Host, ':')+1:]
				switch path := r.URL.Path; {
				case strings.HasPrefix(path, "/v2/reports/info/"):
					if r.URL.EscapedPath() != "/v2/reports/info/a%2Fb%20c" || r.URL.Query().Get("sourceType") != "ADVERTISER" {
						t.Errorf("asked for %s", r.URL)
					}
					_, _ = fmt.Fprintf(w, `{"status":"OK","result":{"status":"DONE","generationRequestedAt":"2026-01-01T00:00:00+03:00","file":%q}}`, strings.ReplaceAll(c.link, "%", port))
					return
				case strings.HasSuffix(path, "/generate"):
					generations++
				case strings.HasPrefix(path, "/hop/"):
					n := path[len("/hop/"):]
					next := "/file"
					if n != "1" {
						next = fmt.Sprintf("/hop/%d", n[0]-'1')
					}
					http.Redirect(w, r, next+"?"+r.URL.RawQuery, http.StatusFound)
				case path == "/to":
					http.Redirect(w, r, r.URL.Query().Get("u"), http.StatusTemporaryRedirect)
				case path == "/huge":
					_, _ = w.Write(make([]byte, 2<<20))
				case path == "/file":
					if r.URL.RawQuery != "signature=s3cr3t" {
						t.Errorf("query %s", r.URL.RawQuery)
					}
					_, _ = w.Write(sheetZip())
				}
				if r.Header.Get("Api-Key") != "" || r.Header.Get("X-Market-Integration") != "" {
					t.Errorf("%s: the key was sent along", r.URL.Path)
				}
			}, c.args)
			tg := target("boost_consolidated", none, export.FormatCSV, "source_type", "ADVERTISER")
			got, err := readAll(t.Context(), p, tg, export.Version{ID: "a/b c"})
			if c.want == "" && (err != nil || got.rows["sheet"] != 1) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, %v", got, err)
			}
			if strings.Contains(fmt.Sprint(err)+log.String(), "s3cr3t") {
				t.Errorf("the link shows in %v\n%s", err, log)
			}
			if generations > 0 {
				t.Error("a report was generated anew")
			}
		})
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	null := cty.NullVal(cty.String)
	for want, args := range map[string]schema.Values{
		"":                           nil,
		"api_key is not set":         {"api_key": null},
		"both api_key and":           {"oauth_token": str("x")},
		"spaces":                     {"api_key": str("Bearer ACMA:x")},
		"must be the number":         {"business_id": str("acme")},
		"timeout = \"5s\" must be":   {"timeout": str("5s")},
		"base_url: ":                 {"base_url": str("http://example.com")},
		"max_file_size must be":      {"max_file_size": cty.NumberIntVal(0)},
		"max_in_flight = 0 must be ": {"max_in_flight": cty.NumberIntVal(0)},
	} {
		p, err := configure(providers.ConfigureRequest{Args: arguments(args), Transport: &http.Transport{}, UserAgent: "x"})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v", want, err)
		}
		if err == nil && p.Account() != "yandex_market:api.partner.market.yandex.ru/987654" {
			t.Error(p.Account())
		}
	}
}

// A call whose answer was lost is made again after the window of its limit, not before.
func TestReconcile(t *testing.T) {
	t.Parallel()
	p, _ := with(t, func(http.ResponseWriter, *http.Request) {}, nil)
	tg := target("shows_sales", object("grouping", "OFFERS"), export.FormatCSV)
	now := p.clock.Now()
	r, err := p.Reconcile(t.Context(), tg, export.Intent{StartedAt: now.Add(-time.Minute)})
	if err != nil || r.Outcome != providers.Undecided || r.Wait < 9*time.Minute || r.Wait > 10*time.Minute {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = p.Reconcile(t.Context(), tg, export.Intent{StartedAt: now.Add(-11 * time.Minute)}); err != nil || r.Outcome != providers.NotStarted {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for plan, active := range map[string]int{"none": 1, "light": 1, "medium": 10} {
		p, _ := with(t, func(http.ResponseWriter, *http.Request) {}, schema.Values{"subscription": str(plan)})
		if n := p.Limits().ActiveGenerations; n != active {
			t.Errorf("%s: %d at once", plan, n)
		}
	}
	p, _ := with(t, func(http.ResponseWriter, *http.Request) {}, schema.Values{"generation_interval": str("7m")})
	if s := p.Slot(target("united_orders", none, export.FormatCSV)); s.Interval != 7*time.Minute || s.Limit != "generation:united_orders" {
		t.Errorf("%+v", s)
	}
	custom := target("custom", none, export.FormatCSV, "request_path", "/v2/reports/x/generate")
	if s := p.Slot(custom); s.Limit != "generation:/v2/reports/x/generate" {
		t.Errorf("%+v", s)
	}
}

// A service elsewhere cannot make us ask this machine for something.
func TestLinksToThisMachine(t *testing.T) {
	t.Parallel()
	p, err := configure(providers.ConfigureRequest{Args: arguments(nil), Transport: &http.Transport{}, UserAgent: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"http://127.0.0.1/x", "https://localhost:8443/x", "https://[::1]/x"} {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.(*provider).trusted(u); err == nil || !strings.Contains(err.Error(), "this machine itself") {
			t.Errorf("%s: %v", link, err)
		}
	}
}

// Lists of shops without an end, or that are none, are errors.
func TestShopsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"campaigns":[{"id":1}],"paging":{"nextPageToken":"same"}}`: "has no end",
		`{"campaigns":null}`:           "no list of shops",
		`{"campaigns":[{"id":"x y"}]}`: "no list of shops",
		`[]`:                           "no list of shops",
		`<html>`:                       "not JSON",
	} {
		p, _ := with(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, nil)
		_, err := p.ReadData(t.Context(), dataCampaigns, schema.Values{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	p, _ := with(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"campaigns":[]}`) }, schema.Values{"business_id": cty.NullVal(cty.String)})
	if _, err := p.cabinet(t.Context()); err == nil || !strings.Contains(providers.HintOf(err), "business_id") {
		t.Error(err)
	}
	var perr *providers.Error
	if _, err := p.subscription(t.Context()); errors.As(err, &perr) {
		t.Errorf("the subscription: %v", err)
	}
}

func newScratch(dir string) (providers.Scratch, error) { return os.CreateTemp(dir, "scratch") }

// hasty is a clock that does not wait.
type hasty struct{ clock.Wall }

func (hasty) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }
