package transport

import (
	"fmt"
	"net/http"
	"net/url"

	"reportsync/internal/providers"
)

// StatusVerdict is what an answer means when its body says nothing that is
// understood: its HTTP status, and the beginning of the body for people.
func StatusVerdict(a *Answer) Verdict {
	e := &providers.Error{Kind: providers.Invalid, Status: a.Status, Message: Snippet(a.Body)}
	v := Verdict{Err: e}
	page := IsHTML(a.Body)
	switch s := a.Status; {
	case s >= 300 && s < 400:
		e.Kind, e.Message = providers.Protocol, "the server redirects"+toWhere(a.Header)+", which is not followed"
		e.Hint = "Check base_url: it must be the final address, with https."
	case s == http.StatusUnauthorized:
		e.Kind, e.Hint = providers.Auth, "Check the credentials."
	case s == http.StatusForbidden:
		e.Kind, e.Hint = providers.Permission, "Check what the credentials are allowed to do, and base_url."
	case s == http.StatusTooManyRequests:
		e.Kind, v.Retry = providers.Transient, true
		e.Hint = "The service asks for fewer requests; lower requests_per_second."
	case s == http.StatusNotFound && page:
		e.Kind = providers.Protocol
		e.Message = withText("the server answers with a web page", e.Message)
		e.Hint = "Check base_url: the path of the API is missing or wrong."
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Kind = providers.NotFound
	case s == http.StatusRequestTimeout, s >= 500:
		e.Kind, v.Retry = providers.Transient, true
		e.Hint = "The service has trouble; try again later."
	case s >= 200 && s < 300:
		e.Kind = providers.Protocol
		e.Message = withText("the answer is not what the service is known to send", e.Message)
		e.Hint = "Check base_url, and whether a proxy or a login page answers in the service's place."
	}
	if e.Message == "" {
		e.Message = http.StatusText(a.Status)
	}
	return v
}

func withText(what, text string) string {
	if text == "" {
		return what
	}
	return fmt.Sprintf("%s (%s)", what, text)
}

// toWhere names the host of a redirect, and no more of it: the rest may be signed.
func toWhere(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return " to " + u.Scheme + "://" + u.Host
}
