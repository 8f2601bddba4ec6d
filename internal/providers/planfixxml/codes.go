package planfixxml

import (
	"strconv"
	"time"

	"reportsync/internal/providers"
)

// meaning is what an error code says about how to go on.
type meaning struct {
	kind       providers.Kind
	text, hint string
	// waits are the pauses before the call is repeated; none means that repeating
	// it is of no use.
	waits []time.Duration
}

// The codes that are looked at one by one.
const (
	codeSession = "0005"
	codeQuota   = "0007"
	codeTooMany = "0021"
)

// Hints that several codes share.
const (
	hintToken   = "Make a new token in the account's settings, and check api_key and token."
	hintAccount = "Look into the account's settings, or ask the service's support."
	hintParams  = "Check method and params against the service's manual."
	hintRights  = "Give the user behind the credentials access to this."
	hintHosts   = "Set base_url: " + regions + "."
	regions     = "each region has its own address: https://api.planfix.com/xml/ (Europe), https://api-sg.planfix.com/xml/ (Asia), " +
		"https://api-us.planfix.com/xml/ (America), https://apiru.planfix.ru/xml/ (Russia)"
)

// meanings is the table of error codes of the vendor's manual. Codes are text: some
// begin with zeros, some have five digits.
var meanings = map[string]meaning{
	"0001": {kind: providers.Auth, text: "the API key is wrong", hint: "Check api_key."},
	"0002": {kind: providers.Auth, text: "the application is blocked", hint: hintAccount},
	"0003": {kind: providers.Invalid, text: "the service could not read the request", hint: hintParams},
	"0004": {kind: providers.Auth, text: "the account is unknown", hint: "Check account: the name alone, such as \"acme\"; and base_url: each region has its own."},
	"0005": {kind: providers.Auth, text: "the session is over", hint: "Check login and password."},
	"0006": {kind: providers.Invalid, text: "the signature is wrong", hint: "None was sent; a proxy on the way may have changed the request."},
	"0007": {
		kind: providers.Quota, text: "the account's requests for today are used up",
		hint: "Run again when the quota is renewed; what was read is kept.", waits: []time.Duration{5 * time.Second},
	},
	"0008": {kind: providers.Invalid, text: "the service does not know the method", hint: hintParams},
	"0009": {kind: providers.Invalid, text: "a parameter is missing", hint: hintParams},
	"0010": {kind: providers.Auth, text: "the account is frozen", hint: hintAccount},
	"0011": {
		kind: providers.Transient, text: "the service is being updated", hint: "Try again later.",
		waits: []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute},
	},
	"0012": {kind: providers.Auth, text: "the token does not exist", hint: hintToken},
	"0013": {kind: providers.Auth, text: "the user is not known", hint: hintToken},
	"0014": {kind: providers.Auth, text: "the user is not active", hint: hintToken},
	"0015": {kind: providers.Invalid, text: "the value of a parameter is not allowed", hint: hintParams},
	"0016": {kind: providers.Invalid, text: "a value is not allowed in this place", hint: hintParams},
	"0017": {kind: providers.Invalid, text: "a parameter that another one needs is missing", hint: hintParams},
	"0018": {kind: providers.Refused, text: "the service does not have this method yet", hint: hintParams},
	"0019": {kind: providers.Invalid, text: "parameters contradict each other", hint: hintParams},
	"0020": {kind: providers.Permission, text: "the token may not use this method", hint: "Give the token this function in the account's settings."},
	"0021": {kind: providers.Invalid, text: "more objects were asked for than the method allows", hint: "Name at most 100 in params."},
	"0022": {kind: providers.Refused, text: "the API is not part of free accounts", hint: hintAccount},
	"0023": {kind: providers.Refused, text: "this is not possible on the account's tariff", hint: hintAccount},
	"0024": {kind: providers.Auth, text: "the account lives in another data centre", hint: hintHosts},
	"0101": {kind: providers.NotFound, text: "the object does not exist", hint: hintParams},
	"0104": {kind: providers.Permission, text: "access to the data is denied", hint: hintRights},
	"1001": {kind: providers.Auth, text: "login or password is wrong", hint: "Check login and password."},
	"1002": {kind: providers.Permission, text: "the user may not do this", hint: hintRights},
	"2001": {kind: providers.NotFound, text: "the project does not exist", hint: hintParams},
	"2002": {kind: providers.Permission, text: "the user may not see the project", hint: hintRights},
	"3001": {kind: providers.NotFound, text: "the task does not exist", hint: hintParams},
	"3008": {kind: providers.Permission, text: "the user may not see the task", hint: hintRights},
	"3014": {
		kind: providers.Transient, text: "the task is being changed right now", hint: "Try again later.",
		waits: []time.Duration{time.Second, 2 * time.Second, 5 * time.Second},
	},
	"4008":  {kind: providers.Permission, text: "the user may not see the comment", hint: hintRights},
	"4009":  {kind: providers.Permission, text: "the user may not see the task", hint: hintRights},
	"10001": {kind: providers.Permission, text: "the user may not see the analytics", hint: hintRights},
	"10002": {kind: providers.NotFound, text: "the analytics do not exist", hint: hintParams},
	"10003": {kind: providers.NotFound, text: "the group of analytics does not exist", hint: hintParams},
	"10004": {kind: providers.NotFound, text: "the handbook does not exist", hint: hintParams},
	"11001": {kind: providers.NotFound, text: "the subscription does not exist", hint: hintParams},
}

// groups are the codes that differ in what they are about only.
var groups = []struct {
	from, to int
	text     string
}{
	{101, 105, "the object is refused"},
	{2001, 2003, "the project is refused"},
	{3001, 3013, "the task is refused"},
	{4001, 4016, "the comment or its analytics are refused"},
	{5001, 5003, "the user group is refused"},
	{6001, 6006, "the employee is refused"},
	{7001, 7004, "the counterparty is refused"},
	{8001, 8010, "the contact is refused"},
	{9001, 9009, "the file is refused"},
}

// meaningOf is what a code means. Of one that is not known, asking again is of no
// use as far as anybody knows.
func meaningOf(code string) meaning {
	if m, ok := meanings[code]; ok {
		return m
	}
	m := meaning{kind: providers.Invalid, text: "the service reports a failure", hint: hintParams}
	if n, err := strconv.Atoi(code); err == nil && len(code) == 4 {
		for _, g := range groups {
			if n >= g.from && n <= g.to {
				m.text = g.text
			}
		}
	}
	return m
}
