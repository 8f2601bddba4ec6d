package planfix

import (
	"time"

	"reportsync/internal/providers"
)

// meaning is what an error code of the service says about how to go on.
type meaning struct {
	// from and to are the codes, both included.
	from, to int
	kind     providers.Kind
	// text stands in when the service says nothing.
	text, hint string
}

// hints that several codes share.
const (
	hintToken   = "Make a new token in the account's settings under API access, REST API, and set token or PLANFIX_TOKEN."
	hintScope   = "Give the token the scope report_readonly."
	hintAccount = "Look into the account's settings, or ask the service's support."
	hintBug     = "Check the arguments; if they are right, the service's API has changed."
	hintUnused  = "This is not an answer that reading reports should bring."
)

// slotInterval is how long to wait after the service has refused a generation
// because the last one was less than ten minutes ago.
const slotInterval = 10*time.Minute + 30*time.Second

// The codes that are looked at one by one.
const (
	codeUnspecified = 0
	codeQuota       = 22
	codeBadJSON     = 30
	codeBusy        = 9002
	codeNoRequest   = 9003
	codeTooSoon     = 9004
)

// meanings is the table of error codes: from the vendor's manual and OpenAPI
// document, 9004 from public clients. The HTTP status beside a code differs from
// place to place and says nothing.
var meanings = []meaning{
	{0, 0, providers.Transient, "the service failed without a reason", "Try again later; the service sends this for bad requests as well."},
	{1, 1, providers.Auth, "the token is unknown", hintToken},
	{2, 2, providers.Auth, "the token is switched off", hintToken},
	{3, 3, providers.Transient, "the object is being changed right now", "Try again later."},
	{5, 5, providers.Permission, "the token's scopes do not cover this", hintScope},
	{6, 6, providers.Permission, "the token's user may not do this", "Give the user behind the token access to the report."},
	{10, 10, providers.Auth, "the account is blocked", hintAccount},
	{11, 11, providers.Auth, "the account is frozen", hintAccount},
	{16, 16, providers.Auth, "the token's user is not active", hintToken},
	{20, 20, providers.Refused, "the subscription is not paid", hintAccount},
	{21, 21, providers.Refused, "the API is not part of free accounts", hintAccount},
	{22, 22, providers.Quota, "the account's requests for today are used up", "Run again when the quota is renewed; what was done is kept."},
	{23, 25, providers.Refused, "a limit of the account is reached", hintAccount},
	{30, 30, providers.Invalid, "the service could not read the request", hintBug},
	{40, 40, providers.Invalid, "a parameter is missing", hintBug},
	{41, 41, providers.Invalid, "the value of a parameter is not allowed", hintBug},
	{402, 403, providers.Invalid, "an employee's data were refused", hintUnused},
	{405, 405, providers.Invalid, "the method is not allowed", "Check base_url: it must end in /rest."},
	{600, 602, providers.Invalid, "a checklist was refused", hintUnused},
	{1000, 1000, providers.NotFound, "the task does not exist", hintUnused},
	{1001, 1002, providers.Invalid, "a task was refused", hintUnused},
	{2000, 2000, providers.NotFound, "the contact does not exist", hintUnused},
	{2001, 2007, providers.Invalid, "a contact was refused", hintUnused},
	{3000, 3000, providers.NotFound, "the project does not exist", hintUnused},
	{3001, 3002, providers.Invalid, "a project was refused", hintUnused},
	{4000, 4000, providers.NotFound, "the employee does not exist", hintUnused},
	{4001, 4006, providers.Invalid, "an employee was refused", hintUnused},
	{5000, 5000, providers.NotFound, "the comment does not exist", hintUnused},
	{5001, 5002, providers.Invalid, "a comment was refused", hintUnused},
	{6000, 6000, providers.NotFound, "the data tag does not exist", hintUnused},
	{6001, 6002, providers.Invalid, "a data tag was refused", hintUnused},
	{6010, 6010, providers.NotFound, "the data tag's entry does not exist", hintUnused},
	{6011, 6013, providers.Invalid, "a data tag's entry was refused", hintUnused},
	{7000, 7003, providers.Invalid, "a file was refused", hintUnused},
	{8000, 8000, providers.NotFound, "the directory does not exist", hintUnused},
	{8010, 8010, providers.NotFound, "the directory's entry does not exist", hintUnused},
	{8011, 8013, providers.Invalid, "a directory's entry was refused", hintUnused},
	{9000, 9000, providers.NotFound, "the report does not exist", "Check report_id; the data source planfix_reports lists what the token's user can see."},
	{
		9001, 9001, providers.Refused, "the tariff does not include generating reports",
		"Schedule the report in the service, make the token's user a recipient, and use mode = \"saved\".",
	},
	{codeBusy, codeBusy, providers.Busy, "another report is being generated", "One generation runs at a time; it is waited for."},
	{codeNoRequest, codeNoRequest, providers.NotFound, "the generation is unknown", "It is forgotten by the service; run again to start over."},
	{codeTooSoon, codeTooSoon, providers.TooSoon, "the last generation was less than ten minutes ago", "The next run goes on after ten minutes."},
}

// meaningOf returns the row of a code, or nil for a code that is not known.
func meaningOf(code int) *meaning {
	for i := range meanings {
		if code >= meanings[i].from && code <= meanings[i].to {
			return &meanings[i]
		}
	}
	return nil
}
