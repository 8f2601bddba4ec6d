package market

import (
	"fmt"
	"strconv"
	"time"

	"reportsync/internal/sandbox/sim"
)

// Provider is the name that configurations use for the service.
const Provider = "yandex_market"

// Options change the simulated cabinet. The zero value is a cabinet as the profile of
// the sandbox has it.
type Options struct {
	// Set are switches by name; they go before the sandbox's profile.
	Set map[string]string
	// Latency is how long every answer takes, on the wall clock.
	Latency time.Duration
}

type settings struct {
	Options
	switches map[string]string
}

func (o Options) settle(profile map[string]string) (settings, error) {
	values, err := sim.Settle(switches, profile, o.Set)
	if err != nil {
		return settings{}, fmt.Errorf("market sandbox: %w", err)
	}
	return settings{Options: o, switches: values}, nil
}

func (s *settings) is(name, value string) bool { return s.switches[name] == value }

func (s *settings) number(name string) int {
	n, _ := strconv.Atoi(s.switches[name]) // that it is one was checked
	return n
}

// The endpoints, as faults name them.
const (
	endToken     = "auth-token"
	endSettings  = "settings"
	endCampaigns = "campaigns"
	endGenerate  = "generate"
	endInfo      = "info"
	endDownload  = "download"
)

// The faults of the service's own. Those of a generation decide how it ends.
const (
	faultParallel = "420-parallel"
	faultWindow   = "420-resource"
	faultActive   = "420-active"
	faultError    = "market-500"
	faultLate     = "late-500"
	faultMove     = "market-423"
	faultBrownOut = "brown-out"
	faultDisabled = "api-disabled"
	faultInner    = "error-200"

	faultFail     = "fails"
	faultStuck    = "stuck"
	faultLarge    = "too-large"
	faultPartly   = "partly-found"
	faultIDs      = "not-found"
	faultHollow   = "no-file"
	faultLateFile = "late-file"
	faultNoData   = "no-data"
	faultOldWord  = "no-data-status"
	faultDoneWord = "no-data-done"
	faultOddWord  = "odd-status"
	faultForget   = "forget"

	faultLogin   = "login-page"
	faultHalf    = "half-file"
	faultWrong   = "wrong-file"
	faultExpired = "expired-link"
	faultSlip    = "zip-slip"
	faultBomb    = "zip-bomb"
	faultSum     = "bad-checksum"
	faultColumns = "new-columns"
)

// The switches of the profile.
const (
	swPlan     = "subscription"
	swTime     = "generation-time"
	swRows     = "rows"
	swMost     = "largest"
	swShape    = "json-shape"
	swMark     = "bom"
	swEmpty    = "no-data"
	swLinkHost = "link-host"
	swPage     = "page-size"
	swHeaders  = "limit-headers"
	swPrices   = "prices"

	on, off = "on", "off"
)

var switches = []sim.Switch{
	{Name: swPlan, Values: []string{"LIGHT", "NONE", "MEDIUM", "HUGE"}, Doc: "the cabinet's subscription; HUGE is one that nobody knows"},
	{Name: swTime, Values: []string{"20", sim.AnyNumber}, Doc: "seconds until a report is made, up to twice as many"},
	{Name: swRows, Values: []string{"12", sim.AnyNumber}, Doc: "rows of a sheet for a day and a shop, about"},
	{Name: swMost, Values: []string{"1000000", sim.AnyNumber}, Doc: "rows that a report can have; for more it is too large"},
	{Name: swShape, Values: []string{"object", "array"}, Doc: "what is around the rows of JSON sheets"},
	{Name: swMark, Values: []string{off, on}, Doc: "whether CSV sheets begin with a byte order mark"},
	{Name: swEmpty, Values: []string{"failed", "done", "headers"}, Doc: "a report without data: FAILED or DONE with NO_DATA, or a file with titles only"},
	{Name: swLinkHost, Values: []string{"other", "same"}, Doc: "whether files are on another host than the API"},
	{Name: swPage, Values: []string{"2", sim.AnyNumber}, Doc: "shops on a page at most"},
	{Name: swHeaders, Values: []string{on, off}, Doc: "whether answers tell what is left of an allowance"},
	{Name: swPrices, Values: []string{"shops", "default"}, Doc: "whether shops have prices of their own"},
}

// Info describes the service.
func Info() sim.Info {
	info := sim.Info{
		Provider:  Provider,
		Endpoints: []string{endToken, endSettings, endCampaigns, endGenerate, endInfo, endDownload},
		Faults: []sim.Kind{
			{Name: faultParallel, Doc: "status 420, too many requests at once; nothing is carried out"},
			{Name: faultWindow, Doc: "status 420, the allowance is used up, perhaps by others; nothing is carried out"},
			{Name: faultActive, Doc: "status 420, too many reports in progress, perhaps of others; nothing is carried out"},
			{Name: faultError, Doc: "status 500 with the service's own error body; nothing is carried out"},
			{Name: faultLate, Doc: "the request is carried out and answered with status 500"},
			{Name: faultMove, Doc: "status 423: the cabinet is in migration"},
			{Name: faultBrownOut, Doc: "status 403: the method is deprecated and refused now and then"},
			{Name: faultDisabled, Doc: "status 403: the API of the shop is off"},
			{Name: faultInner, Doc: "status 200 with an error in the body; nothing is carried out"},
			{Name: faultFail, Doc: "the report ends as FAILED (generate only)"},
			{Name: faultStuck, Doc: "the report stays PENDING for ever (generate only)"},
			{Name: faultLarge, Doc: "the report ends as FAILED, TOO_LARGE (generate only)"},
			{Name: faultPartly, Doc: "the report ends as DONE, RESOURCE_NOT_FOUND, with a file (generate only)"},
			{Name: faultIDs, Doc: "the report ends as FAILED, RESOURCE_NOT_FOUND (generate only)"},
			{Name: faultHollow, Doc: "the report ends as DONE and never has a file (generate only)"},
			{Name: faultLateFile, Doc: "the report ends as DONE, its file comes at the second look (generate only)"},
			{Name: faultNoData, Doc: "the report ends as FAILED, NO_DATA (generate only)"},
			{Name: faultOldWord, Doc: "the report ends with the status NO_DATA (generate only)"},
			{Name: faultDoneWord, Doc: "the report ends as DONE, NO_DATA (generate only)"},
			{Name: faultOddWord, Doc: "the report says QUEUED for a while (generate only)"},
			{Name: faultForget, Doc: "the service does not know the report when it is asked for (generate only)"},
			{Name: faultLogin, Doc: "a login page under status 200 (download only)"},
			{Name: faultHalf, Doc: "half the file, in a well-formed answer (download only)"},
			{Name: faultWrong, Doc: "something else than an archive (download only)"},
			{Name: faultExpired, Doc: "status 403 with an XML page: the link has expired (download only)"},
			{Name: faultSlip, Doc: "an archive with a member that climbs out of its folder (download only)"},
			{Name: faultBomb, Doc: "an archive that unpacks to a thousand times its size (download only)"},
			{Name: faultSum, Doc: "an archive with a wrong checksum (download only)"},
			{Name: faultColumns, Doc: "a column more and one fewer (download only)"},
		},
		Switches: switches,
		Arguments: []sim.Argument{
			{Name: "api_key", Value: goodKey},
			{Name: "business_id", Value: strconv.Itoa(businessID)},
		},
	}
	for _, k := range keys {
		info.Credentials = append(info.Credentials, sim.Credential{Token: k.token, Meaning: k.meaning})
	}
	for _, s := range shops {
		note := s.placement
		if s.availability != "AVAILABLE" {
			note += ", " + s.availability
		}
		info.Reports = append(info.Reports, sim.Report{ID: strconv.FormatInt(s.id, 10), Name: "shop " + s.name, Note: note})
	}
	return info
}
