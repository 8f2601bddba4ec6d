package tracker

import "reportsync/internal/sandbox/sim"

// The endpoints, as faults name them.
const (
	endMyself      = "myself"
	endFields      = "fields"
	endLocalFields = "local-fields"
	endFilter      = "filter"
	endCount       = "issue-count"
	endSearch      = "issue-search"
	endScroll      = "issue-scroll"
	endClear       = "scroll-clear"
	endIssue       = "issue"
	endChangelog   = "changelog"
	endCreate      = "report-create"
	endReports     = "report-search"
	endReport      = "report-read"
	endPatch       = "report-update"
	endDelete      = "report-delete"
	endAttachments = "attachments"
	endMeta        = "meta-attachments"
	endDownload    = "download"
)

// The faults of the service's own.
const (
	faultError    = "tracker-500"
	faultBusy     = "tracker-503"
	faultOften    = "tracker-429"
	faultToken    = "tracker-401"
	faultRights   = "tracker-403"
	faultLate     = "late-500"
	faultConflict = "late-409"
	faultExpired  = "scroll-expired"
	faultShift    = "page-shift"
	faultSkip     = "page-skip"
)

// The switches of the profile.
const (
	swReads    = "reads"
	swShape    = "read-shape"
	swBack     = "read-back"
	swSearch   = "search-fields"
	swCreate   = "create-fields"
	swStatus   = "create-status"
	swPatch    = "updates"
	swDelete   = "deletes"
	swAttach   = "attachments"
	swContent  = "content"
	swMeta     = "meta-entities"
	swBuild    = "build"
	swAuthor   = "author"
	swZone     = "zone"
	swRate     = "rate"
	swRetry    = "retry-after"
	swIssues   = "issues"
	swScrollID = "scroll-filter-id"

	on, off = "on", "off"
)

var switches = []sim.Switch{
	{Name: swReads, Values: []string{on, "bare", off, "400", "403", "405", "422"}, Doc: "reading a report by its id: answered, answered without `fields`, 404 (`off`), or refused with that status"},
	{Name: swShape, Values: []string{"objects", "plain"}, Doc: "the columns of a report that is read back: objects with id and display, or as they were sent"},
	{Name: swBack, Values: []string{"all", "summary", "parameters", "null"}, Doc: "which of summary and parameters is shown where `fields` are"},
	{Name: swSearch, Values: []string{"ignored", on, "400"}, Doc: "`?fields=` of the search for reports"},
	{Name: swCreate, Values: []string{"ignored", on}, Doc: "`?fields=` of the creation of a report"},
	{Name: swStatus, Values: []string{"200", "201"}, Doc: "the status of a creation"},
	{Name: swPatch, Values: []string{off, on, "if-match", "404"}, Doc: "changing a report: 405 (`off`), carried out, carried out with the right `If-Match` only, 404"},
	{Name: swDelete, Values: []string{on, off, "400", "403", "404"}, Doc: "deleting a report: carried out, 405 (`off`), or refused with that status"},
	{Name: swAttach, Values: []string{off, on, "never", "file", "400", "405"}, Doc: "the files of a report: 404 (`off`), listed when it is built, an empty list for ever, the bytes of the file instead of a list, or refused"},
	{Name: swContent, Values: []string{"api", "ui", "gone"}, Doc: "where the address of a file leads: to the API, to the pages for people, nowhere"},
	{Name: swMeta, Values: []string{off, on}, Doc: "the address `/v2/metaEntities/reports/ID/attachments`"},
	{Name: swBuild, Values: []string{"12", sim.AnyNumber}, Doc: "seconds until a report is built"},
	{Name: swAuthor, Values: []string{"id", "login", "any"}, Doc: "what the search for reports takes for an author"},
	{Name: swZone, Values: []string{"+03:00", "+00:00", "+12:00", "-10:00"}, Doc: "the user's time zone, in which dates in queries are read"},
	{Name: swRate, Values: []string{"20", sim.AnyNumber}, Doc: "requests a second; 0 for any number"},
	{Name: swRetry, Values: []string{on, off}, Doc: "whether a refusal with 429 says when to come back"},
	{Name: swIssues, Values: []string{"3000", sim.AnyNumber}, Doc: "issues at the start"},
	{Name: swScrollID, Values: []string{off, on}, Doc: "scrolling over a saved filter by its id"},
}

// Info describes the service.
func Info() sim.Info {
	info := sim.Info{
		Provider: Provider,
		Endpoints: []string{
			endMyself, endFields, endLocalFields, endFilter, endCount, endSearch, endScroll, endClear, endIssue, endChangelog,
			endCreate, endReports, endReport, endPatch, endDelete, endAttachments, endMeta, endDownload,
		},
		Faults: []sim.Kind{
			{Name: faultError, Doc: "status 500 with the service's own error body; nothing is carried out"},
			{Name: faultBusy, Doc: "status 503 with a body that is no JSON; nothing is carried out"},
			{Name: faultOften, Doc: "status 429 without Retry-After; nothing is carried out"},
			{Name: faultToken, Doc: "status 401, as if the token had expired"},
			{Name: faultRights, Doc: "status 403, as if the rights had been taken away"},
			{Name: faultLate, Doc: "the request is carried out and answered with status 500"},
			{Name: faultConflict, Doc: "the request is carried out and answered with status 409"},
			{Name: faultExpired, Doc: "the scroll has expired: status 403 (issue-scroll only, from the second page on)"},
			{Name: faultShift, Doc: "an issue has come in before the page: its first row is the last one of the page before (issue-search only)"},
			{Name: faultSkip, Doc: "an issue before the page has gone: a row is on no page (issue-search only)"},
		},
		Switches: switches,
		Arguments: []sim.Argument{
			{Name: "token", Value: goodToken},
			{Name: "token_type", Value: "oauth"},
			{Name: "org_id", Value: orgID},
		},
	}
	for _, t := range tokens {
		info.Credentials = append(info.Credentials, sim.Credential{Token: t.token, Meaning: t.meaning})
	}
	for i := range queues {
		q := &queues[i]
		info.Reports = append(info.Reports, sim.Report{ID: q.key, Name: "queue " + q.display.en, Note: q.note})
	}
	for i := range savedFilters {
		f := &savedFilters[i]
		info.Reports = append(info.Reports, sim.Report{ID: itoa(f.id), Name: "filter " + f.name.en, Note: f.note})
	}
	return info
}
