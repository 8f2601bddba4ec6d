package transport

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// ParseBaseURL reads the address of a service as users write it: https, or http
// on loopback only; no user, query or fragment; a trailing slash does not matter.
func ParseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		// The error of url.Parse repeats its input, which may hold a password.
		return nil, errors.New("it cannot be read as a URL; write for example \"https://acme.example.com/rest\"")
	}
	switch {
	case u.User != nil:
		return nil, errors.New("it must not hold a user or a password; credentials have arguments of their own")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("it must not have a query or a fragment; end it with the path")
	case u.Scheme == "" || u.Opaque != "":
		return nil, fmt.Errorf("%q has no scheme; begin it with https://", s)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q has no host; write for example \"https://acme.example.com/rest\"", s)
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("%q would send credentials unprotected; use https (http is for loopback addresses only)", s)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q has the scheme %q; use https", s, u.Scheme)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// IsLoopback reports whether a host is this machine by name or address.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
