package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"reportsync/internal/providers"
)

// Errors of a server that is silent.
var (
	errNoHeaders = errors.New("the server did not answer in time")
	errStalled   = errors.New("the answer stalled: no byte came for too long")
)

// messageSize bounds what a message takes over from an error.
const messageSize = 500

// fault turns a failure of network or server into an error with a hint. Sent
// tells whether the request may have reached the service.
func (c *Client) fault(ctx context.Context, call *Call, err error, sent bool) *providers.Error {
	e := &providers.Error{Kind: providers.Transient, Op: call.Op, Err: c.redact.Wrap(err)}
	if errors.Is(err, io.EOF) {
		e.Err = io.ErrUnexpectedEOF // a reader would take io.EOF for its end
	}
	e.Message, e.Hint = explain(err)
	e.Message = Clean(c.redact.Redact(e.Message), messageSize)
	if ctx.Err() != nil {
		e.Message, e.Hint = context.Cause(ctx).Error(), ""
	}
	if sent && !call.Repeatable {
		e.Kind = providers.Uncertain
		e.Message = "the answer was lost: " + e.Message
		e.Hint = "The service may have done it all the same; this is found out before it is asked again."
	}
	return e
}

// explain puts a network error into words.
func explain(err error) (message, hint string) {
	if p, ok := errors.AsType[*refusedByProxy](err); ok {
		if p.status == http.StatusProxyAuthRequired {
			return p.Error(), "Name user and password in the environment: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
		}
		return p.Error(), "Check base_url, and whether the proxy named in the environment (HTTPS_PROXY) lets it through."
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy cannot be reached: " + op.Err.Error(), "Check the proxy named in the environment (HTTPS_PROXY)."
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return "the host " + dns.Name + " cannot be found", "Check base_url, and whether this machine can reach the network."
	}
	if isCertificate(err) {
		return "the server's certificate is not trusted: " + err.Error(),
			"Check base_url. If the server uses a certificate authority of your own, name its file in ca_file."
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused", "Check base_url and its port, and whether the server runs."
	case errors.Is(err, errNoHeaders):
		return err.Error(), "Try again later, or raise timeout."
	case errors.Is(err, errStalled):
		return err.Error(), "Check the network; raise timeout if the server is known to be slow."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke off", "Try again; check the network or a proxy on the way if it goes on."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return "the server does not speak https", "Check base_url and its port."
	}
	return err.Error(), "Check base_url and the network."
}

func isCertificate(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.HostnameError](err)
	return ok
}

// neverSent reports whether an error shows that no connection was made, so that
// the service cannot have seen the request.
func neverSent(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*refusedByProxy](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect") || isCertificate(err)
}

// worthRepeating reports whether a failure may pass by itself.
func worthRepeating(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsTemporary || dns.IsTimeout
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return false
	}
	if p, ok := errors.AsType[*refusedByProxy](err); ok {
		return p.status >= 500
	}
	return !isCertificate(err)
}
