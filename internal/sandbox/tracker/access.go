package tracker

import (
	"net/http"
	"strings"
)

const (
	goodToken = "sandbox-tracker-token"
	iamToken  = "sandbox-tracker-iam"
	orgID     = "7012345"
	cloudID   = "bpfsandboxorg0000000"
)

// token is one that the organisation knows, with the refusal that it meets.
type token struct {
	token, meaning string
	iam            bool // goes with Bearer and a cloud organisation
	user           int
	readonly       bool
	refusal        *refusal
	greets         bool // may ask who it is all the same
}

var tokens = []token{
	{token: goodToken, meaning: "OAuth token of Anna Ivanova, who may read and write"},
	{token: iamToken, meaning: "IAM token of the same, for the cloud organisation " + cloudID, iam: true},
	{token: "colleague", meaning: "OAuth token of Boris Petrov", user: 1},
	{token: "readonly", meaning: "OAuth token without the scope tracker:write: creating is refused with 403", readonly: true},
	{token: "norights", meaning: "OAuth token of a user without rights: 403", refusal: errRights, greets: true},
	{token: "expired", meaning: "IAM token that has expired: 401", iam: true, refusal: errToken},
	{token: "service", meaning: "IAM token of a service account that is not enabled for Tracker: 401", iam: true, refusal: errToken},
}

var (
	errToken = &refusal{status: http.StatusUnauthorized, silent: true, message: text{"Пользователь не авторизован.", "The user is not authorised."}}
	errOrg   = &refusal{status: http.StatusUnauthorized, silent: true, message: text{
		"Не удалось определить организацию: передайте ровно один из заголовков X-Org-ID и X-Cloud-Org-ID.",
		"The organisation cannot be told: send exactly one of the headers X-Org-ID and X-Cloud-Org-ID.",
	}}
)

// authorize returns whose token a request brings, and the refusal that it meets,
// or nil.
func authorize(r *http.Request, endpoint string) (*token, *refusal) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if len(r.Header.Values("Authorization")) != 1 {
		return nil, errToken
	}
	t := known(scheme, value)
	if t == nil {
		return nil, errToken
	}
	orgs, clouds := r.Header.Values("X-Org-ID"), r.Header.Values("X-Cloud-Org-ID")
	switch {
	case len(orgs)+len(clouds) != 1:
		return nil, errOrg
	case t.iam && len(orgs) > 0, len(orgs) == 1 && orgs[0] != orgID, len(clouds) == 1 && clouds[0] != cloudID:
		return nil, errToken
	case t.greets && endpoint == endMyself:
		return t, nil
	case t.refusal != nil:
		return t, t.refusal
	case t.readonly && (endpoint == endCreate || endpoint == endPatch || endpoint == endDelete):
		return t, errRights
	}
	return t, nil
}

// known is the token, if it comes under the right scheme.
func known(scheme, value string) *token {
	for i := range tokens {
		want := "OAuth"
		if tokens[i].iam {
			want = "Bearer"
		}
		if tokens[i].token == value && scheme == want {
			return &tokens[i]
		}
	}
	return nil
}
