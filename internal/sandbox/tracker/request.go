package tracker

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"reportsync/internal/sandbox/sim"
)

// path is what a method and a URL path ask for.
type path struct {
	endpoint string
	version  int
	id       string // of the object, as it was written
	name     string // of a file
	allow    string // the methods that there are, when the one used is none of them
}

// route reads a path.
func route(method, p string, query url.Values) path {
	seg := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if len(seg) < 3 || seg[0] != Provider || seg[1] != "v2" && seg[1] != "v3" {
		return path{endpoint: sim.Unknown}
	}
	version := int(seg[1][1] - '0')
	seg = seg[2:]
	for i := range patterns {
		pt := &patterns[i]
		if pt.version != 0 && pt.version != version {
			continue
		}
		found, ok := pt.match(seg)
		if !ok {
			continue
		}
		found.version = version
		if found.endpoint, ok = pt.methods[method]; !ok {
			found.endpoint, found.allow = pt.primary, pt.allow()
		}
		if found.endpoint == endSearch && (query.Has("scrollType") || query.Has("scrollId")) {
			found.endpoint = endScroll
		}
		return found
	}
	return path{endpoint: sim.Unknown}
}

// pattern is a path that the service has. {id} and {name} stand for any segment.
type pattern struct {
	path    string
	version int // 0 is any
	methods map[string]string
	primary string // the endpoint that a wrong method is counted for
}

func only(method, endpoint string) map[string]string { return map[string]string{method: endpoint} }

var patterns = []pattern{
	{"myself", 0, only(http.MethodGet, endMyself), endMyself},
	{"fields", 0, only(http.MethodGet, endFields), endFields},
	{"queues/{id}/localFields", 0, only(http.MethodGet, endLocalFields), endLocalFields},
	{"filters/{id}", 0, only(http.MethodGet, endFilter), endFilter},
	{"issues/_search", 0, only(http.MethodPost, endSearch), endSearch},
	{"issues/_count", 0, only(http.MethodPost, endCount), endCount},
	{"issues/{id}", 0, only(http.MethodGet, endIssue), endIssue},
	{"issues/{id}/changelog", 0, only(http.MethodGet, endChangelog), endChangelog},
	{"system/search/scroll/_clear", 0, only(http.MethodPost, endClear), endClear},
	{"entities/report", 3, only(http.MethodPost, endCreate), endCreate},
	{"entities/report/", 3, only(http.MethodPost, endCreate), endCreate},
	{"entities/report/_search", 3, only(http.MethodPost, endReports), endReports},
	{"entities/report/{id}", 3, map[string]string{http.MethodGet: endReport, http.MethodPatch: endPatch, http.MethodDelete: endDelete}, endReport},
	{"entities/report/{id}/attachments", 3, only(http.MethodGet, endAttachments), endAttachments},
	{"metaEntities/reports/{id}/attachments", 2, only(http.MethodGet, endMeta), endMeta},
	{"attachments/{id}/{name}", 2, only(http.MethodGet, endDownload), endDownload},
}

func (pt *pattern) match(seg []string) (path, bool) {
	var p path
	want := strings.Split(pt.path, "/")
	if len(want) != len(seg) {
		return p, false
	}
	for i, w := range want {
		switch {
		case w == "{id}" && seg[i] != "":
			p.id = seg[i]
		case w == "{name}" && seg[i] != "":
			p.name = seg[i]
		case w != seg[i]:
			return p, false
		}
	}
	return p, true
}

func (pt *pattern) allow() string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		if _, ok := pt.methods[m]; ok {
			list = append(list, m)
		}
	}
	return strings.Join(list, ", ")
}

// request is a request that was let in.
type request struct {
	path
	call  *sim.Call
	token *token
	lang  lang
	now   time.Time
	host  string
	match string // the If-Match header
	query url.Values
	body  map[string]json.RawMessage
}

// user is who asks.
func (r *request) user() *user { return &users[r.token.user] }

// maxBody is more than any request needs.
const maxBody = 1 << 20

// read reads what a request brings along. A body must be a JSON object and say that
// it is JSON.
func read(r *http.Request, in *request) *refusal {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return bad("query", "Строка запроса не разбирается", "The query string cannot be read")
	}
	for name, values := range query {
		if len(values) > 1 {
			return bad(name, "Параметр передан несколько раз", "The parameter is given more than once")
		}
	}
	in.query, in.host, in.match = query, r.Host, r.Header.Get("If-Match")
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return errJSON
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		if r.Method == http.MethodPost || r.Method == http.MethodPatch {
			return errJSON
		}
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errMedia
	}
	if json.Unmarshal(raw, &in.body) != nil || in.body == nil {
		return errJSON
	}
	return nil
}

// language is what a header asks for: Russian, if not English.
func language(r *http.Request) lang {
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	tag, _, _ := strings.Cut(first, ";")
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	if base == "en" {
		return en
	}
	return ru
}

// number reads an integer of the query string.
func (r *request) number(name string, otherwise, least, most int) (int, *refusal) {
	if !r.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(r.query.Get(name))
	if err != nil || n < least || n > most {
		return 0, bad(name, "Допустимы целые числа от "+itoa(least)+" до "+itoa(most), "Whole numbers from "+itoa(least)+" to "+itoa(most)+" are allowed")
	}
	return n, nil
}

// names are the elements of a list in the query string; nil when it is not there.
func (r *request) names(param string) map[string]bool {
	if r.query.Get(param) == "" {
		return nil
	}
	names := map[string]bool{}
	for name := range strings.SplitSeq(r.query.Get(param), ",") {
		names[strings.TrimSpace(name)] = true
	}
	return names
}

// decode reads a member of the body; a null counts as absent. A member of another
// type is refused.
func decode[T any](body map[string]json.RawMessage, name string, into *T) (found bool, ref *refusal) {
	raw, ok := body[name]
	if !ok || string(raw) == "null" {
		return false, nil
	}
	if json.Unmarshal(raw, into) != nil {
		return false, malformed(name)
	}
	return true, nil
}
