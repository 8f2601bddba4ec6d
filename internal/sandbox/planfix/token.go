package planfix

import (
	"net/http"
	"strings"
)

// goodToken opens the whole account.
const goodToken = "sandbox-planfix-token"

// token is one that the account knows, with the refusal that it meets.
type token struct {
	token, meaning string
	refusal        *refusal
	pings          bool // may call ping all the same
}

var tokens = []token{
	{token: goodToken, meaning: "may read and generate reports"},
	{token: "noscope", meaning: "lacks the scope report_readonly: code 5", refusal: &refusal{http.StatusMethodNotAllowed, 5, "Method is not allowed by token scope"}, pings: true},
	{token: "norights", meaning: "belongs to a user without the right: code 6", refusal: &refusal{http.StatusBadRequest, 6, "The user has no access to this method"}, pings: true},
	{token: "disabled", meaning: "is switched off: code 2", refusal: &refusal{http.StatusUnauthorized, 2, "Token is disabled"}},
	{token: "frozen", meaning: "belongs to a frozen account: code 11", refusal: &refusal{http.StatusForbidden, 11, "Account is frozen"}},
	{token: "inactive", meaning: "belongs to an inactive user: code 16", refusal: &refusal{http.StatusForbidden, 16, "User is inactive"}},
	{token: "unpaid", meaning: "belongs to an account that has not paid: code 20", refusal: &refusal{http.StatusForbidden, 20, "Account subscription is not paid"}},
	{token: "free", meaning: "belongs to a free account: code 21", refusal: &refusal{http.StatusForbidden, 21, "API is not available for free accounts"}},
}

var unknownToken = &refusal{http.StatusUnauthorized, 1, "Token not found"}

// authorize returns the refusal that a request meets, or nil. known is whether the
// token belongs to the account, so that its requests count.
func authorize(r *http.Request, endpoint string) (known bool, ref *refusal) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) != 1 {
		return false, unknownToken
	}
	for i := range tokens {
		t := &tokens[i]
		if t.token != value {
			continue
		}
		if r.URL.Query().Has("access_token") {
			// The service would take it for a GET. A client that writes a token into
			// addresses writes it into logs; here that does not pass.
			return true, &refusal{http.StatusUnauthorized, 1, "Token must be sent in the Authorization header only"}
		}
		if t.pings && endpoint == endPing {
			return true, nil
		}
		return true, t.refusal
	}
	return false, unknownToken
}
