package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
)

// connBuffer is how much is taken from a connection at once, in bytes: answers are
// mostly large.
const connBuffer = 64 << 10

// Connector returns the round tripper for a service: the given one, or, where
// the service needs certificates of its own or more idle connections than are
// kept by default, or a proxy may refuse, a copy of it that sees to that. The given
// one is never changed.
func Connector(base http.RoundTripper, caFile string, maxInFlight int) (http.RoundTripper, error) {
	t, ok := base.(*http.Transport)
	if !ok {
		if caFile != "" {
			return nil, errors.New("ca_file cannot be used with a transport that was put in place from outside")
		}
		return base, nil
	}
	if caFile == "" && maxInFlight <= http.DefaultMaxIdleConnsPerHost && t.Proxy == nil {
		return base, nil
	}
	t = t.Clone()
	t.ReadBufferSize = max(t.ReadBufferSize, connBuffer)
	t.OnProxyConnectResponse = proxyAnswer
	t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, maxInFlight)
	if caFile == "" {
		return t, nil
	}
	pool, err := withCA(t.TLSClientConfig, caFile)
	if err != nil {
		return nil, err
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// refusedByProxy is the answer of a proxy that makes no connection.
type refusedByProxy struct{ status int }

func (e *refusedByProxy) Error() string {
	return fmt.Sprintf("the proxy makes no connection: HTTP %d %s", e.status, http.StatusText(e.status))
}

// proxyAnswer tells what a proxy says from what the service says.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &refusedByProxy{res.StatusCode}
}

func withCA(c *tls.Config, file string) (*x509.CertPool, error) {
	if !filepath.IsAbs(file) {
		return nil, fmt.Errorf("ca_file = %q must be an absolute path; write \"${path.config}/%s\"", file, filepath.ToSlash(file))
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if c != nil && c.RootCAs != nil {
		pool = c.RootCAs.Clone()
	} else if system, err := x509.SystemCertPool(); err == nil {
		pool = system
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file = %q holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}
