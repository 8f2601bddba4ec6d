package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"reportsync/internal/providers"
)

// maxRedirects is how many redirects of a link are followed.
const maxRedirects = 5

// CheckLink refuses an address that must not be read: only https is, and http on
// loopback. The error does not repeat the address.
func CheckLink(u *url.URL) error {
	switch {
	case u == nil || u.Hostname() == "":
		return errors.New("the link has no host")
	case u.User != nil:
		return errors.New("the link has a user in it")
	case u.Scheme == "https", u.Scheme == "http" && IsLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("the link's scheme is %q; only https is read", Clean(u.Scheme, 20))
}

func (call *Call) trust(u *url.URL) error {
	if call.Trust != nil {
		return call.Trust(u)
	}
	return CheckLink(u)
}

// linked makes the request for a link.
func (c *Client) linked(ctx context.Context, call *Call, u *url.URL) (*http.Request, error) {
	if err := call.trust(u); err != nil {
		return nil, &providers.Error{Kind: providers.Protocol, Op: "open a link", Message: err.Error(), Hint: "The service is not known to hand out such links; nothing was asked."}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, &providers.Error{Kind: providers.Protocol, Op: "open a link", Message: "the link cannot be read as an address"}
	}
	if c.opt.UserAgent != "" {
		req.Header.Set("User-Agent", c.opt.UserAgent)
	}
	req.Close = c.opt.OneRequestEach
	return req, nil
}

// roundTrip sends a request, and for a link those that redirects ask for.
func (c *Client) roundTrip(call *Call, req *http.Request) (*http.Response, error) {
	for n := 0; ; n++ {
		got, err := c.opt.Base.RoundTrip(req)
		if err != nil || call.Link == nil || !redirects(got.StatusCode) {
			return got, err
		}
		_ = got.Body.Close()
		next, err := req.URL.Parse(got.Header.Get("Location"))
		if err != nil {
			err = errors.New("the redirect leads to no address")
		} else if err = call.trust(next); err == nil && n == maxRedirects {
			err = fmt.Errorf("there are more than %d redirects", maxRedirects)
		}
		if err == nil && req.URL.Scheme == "https" && next.Scheme != "https" {
			err = errors.New("the redirect leads away from https")
		}
		if err != nil {
			return nil, &providers.Error{
				Kind: providers.Protocol, Op: call.Op, Status: got.StatusCode, Message: err.Error(),
				Hint: "The service is not known to hand out such links; run again for another one.",
			}
		}
		if req, err = c.linked(req.Context(), call, next); err != nil {
			return nil, err
		}
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
