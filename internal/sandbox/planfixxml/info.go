package planfixxml

import "reportsync/internal/sandbox/sim"

// Provider is the name that configurations use for the service.
const Provider = "planfix_xml"

// basePath is where the service is.
const basePath = "/" + Provider + "/xml"

// Who may come in.
const (
	accountName = "acme"
	apiKey      = "sandbox-xml-key"
	goodToken   = "sandbox-xml-token"
	narrowToken = "sandbox-xml-narrow" // may use task.getList only
	robotLogin  = "robot"
	robotSecret = "sandbox-xml-password"
)

// The faults of the service's own.
const (
	faultQuota   = "xml-0007"
	faultBusy    = "xml-3014"
	faultUpdate  = "xml-0011"
	faultSession = "xml-0005"
	faultFive    = "xml-10001"
	faultHollow  = "hollow-list"
	faultCut     = "cut-xml"
	faultForeign = "windows-1251"
	faultBomb    = "entity-bomb"
	faultRepeat  = "repeat-page"
	faultControl = "control-character"
	faultGrow    = "task-appears"
	faultShrink  = "task-vanishes"
)

// The switches of the profile.
const (
	swRegion   = "region"
	swMessages = "messages"
	swCalls    = "session-calls"
	swTasks    = "tasks"
	swQuota    = "daily-quota"
)

var switches = []sim.Switch{
	{Name: swRegion, Values: []string{"here", "elsewhere"}, Doc: "whether the account lives in this data centre; elsewhere every call is refused with 0024"},
	{Name: swMessages, Values: []string{"on", "off"}, Doc: "whether refusals have a text beside their code"},
	{Name: swCalls, Values: []string{"0", sim.AnyNumber}, Doc: "calls after which a session is over, besides its hour; 0 is any number"},
	{Name: swTasks, Values: []string{"550", sim.AnyNumber}, Doc: "tasks at the start"},
	{Name: swQuota, Values: []string{"20000", sim.AnyNumber}, Doc: "requests a day"},
}

// Info describes the service.
func Info() sim.Info {
	info := sim.Info{
		Provider: Provider, Path: "/xml/", Switches: switches,
		Faults: []sim.Kind{
			{Name: faultQuota, Doc: "code 0007, as if the day's requests were used up"},
			{Name: faultBusy, Doc: "code 3014: the task is being changed"},
			{Name: faultUpdate, Doc: "code 0011: the service is being updated"},
			{Name: faultSession, Doc: "code 0005: the session is over, whatever its age"},
			{Name: faultFive, Doc: "code 10001, which has five digits"},
			{Name: faultHollow, Doc: "the list comes without its items, with status ok"},
			{Name: faultCut, Doc: "the XML ends in its middle, and the connection as if it were whole"},
			{Name: faultForeign, Doc: "the answer says that it is in windows-1251"},
			{Name: faultBomb, Doc: "the answer defines entities that grow"},
			{Name: faultRepeat, Doc: "the first page comes in place of the one that was asked for"},
			{Name: faultControl, Doc: "a text has a character that XML must not have"},
			{Name: faultGrow, Doc: "a task is made before the answer (task.getList only)"},
			{Name: faultShrink, Doc: "the task with the lowest number is deleted before the answer (task.getList only)"},
		},
		Arguments: []sim.Argument{
			{Name: "account", Value: accountName}, {Name: "api_key", Value: apiKey}, {Name: "token", Value: goodToken},
		},
		Credentials: []sim.Credential{
			{Token: goodToken, Meaning: "with the key " + apiKey + ": every list"},
			{Token: narrowToken, Meaning: "with the same key: task.getList only, 0020 for all else"},
			{Token: robotSecret, Meaning: "the password of the login " + robotLogin},
		},
		Reports: []sim.Report{
			{ID: "task.getList", Name: "tasks", Note: "about 1 % of them change every day, some are made, some deleted"},
			{ID: "action.getListByPeriod", Name: "comments", Note: "12 a day"},
			{ID: "handbook.getRecords", Name: "handbook 131", Note: "three levels"},
			{ID: "handbook.getRecords", Name: "handbook 132", Note: "230 records on one level"},
			{ID: "analitic.getDataByCondition", Name: "analytics 263", Note: "time spent; date field 743"},
			{ID: "analitic.getDataByCondition", Name: "analytics 264", Note: "exactly 100 rows"},
		},
	}
	info.Endpoints = append(info.Endpoints, endLogin)
	for i := range lists {
		info.Endpoints = append(info.Endpoints, lists[i].method)
	}
	return info
}
