package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// Connector returns the round tripper for a service: the given one, or, where
// the service needs certificates of its own or more idle connections than are
// kept by default, a copy of it with those. The given one is never changed.
func Connector(base http.RoundTripper, caFile string, maxInFlight int) (http.RoundTripper, error) {
	t, ok := base.(*http.Transport)
	if !ok {
		if caFile != "" {
			return nil, errors.New("ca_file cannot be used with a transport that was put in place from outside")
		}
		return base, nil
	}
	if caFile == "" && maxInFlight <= http.DefaultMaxIdleConnsPerHost {
		return base, nil
	}
	t = t.Clone()
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
