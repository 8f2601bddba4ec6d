package planfix

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"reportsync/internal/sandbox/sim"
)

// path is what a URL path asks for.
type path struct {
	endpoint string
	method   string
	report   string // the ids as they were written
	save     string
	request  string
}

// base is what all paths of the service begin with.
const base = "/" + Provider + "/rest/"

// route reads a path. Only the status of a request may end with a slash.
func route(p string) path {
	rest, ok := strings.CutPrefix(p, base)
	if !ok {
		return path{endpoint: sim.Unknown}
	}
	seg := strings.Split(rest, "/")
	at := func(i int, want string) bool { return seg[i] == want }
	number := func(i int) bool { return seg[i] != "" && strings.Trim(seg[i], "0123456789") == "" }
	switch {
	case len(seg) == 1 && at(0, "ping"):
		return path{endpoint: endPing, method: http.MethodGet}
	case len(seg) == 2 && at(0, "report") && at(1, "list"):
		return path{endpoint: endReports, method: http.MethodPost}
	case len(seg) == 2 && at(0, "report") && number(1):
		return path{endpoint: endReport, method: http.MethodGet, report: seg[1]}
	case len(seg) == 3 && at(0, "report") && number(1) && at(2, "generate"):
		return path{endpoint: endGenerate, method: http.MethodPost, report: seg[1]}
	case (len(seg) == 3 || len(seg) == 4 && at(3, "")) && at(0, "report") && at(1, "status") && seg[2] != "":
		return path{endpoint: endStatus, method: http.MethodGet, request: seg[2]}
	case len(seg) == 4 && at(0, "report") && number(1) && at(2, "save") && at(3, "list"):
		return path{endpoint: endSaves, method: http.MethodPost, report: seg[1]}
	case len(seg) == 5 && at(0, "report") && number(1) && at(2, "save") && number(3) && at(4, "data"):
		return path{endpoint: endData, method: http.MethodPost, report: seg[1], save: seg[3]}
	}
	return path{endpoint: sim.Unknown}
}

// request is a request that was let in.
type request struct {
	path
	call  *sim.Call
	query url.Values
	body  map[string]json.RawMessage
}

// maxBody is more than any request for a report needs.
const maxBody = 1 << 20

// read reads what a request brings along. A body is optional everywhere, but if
// there is one it must be a JSON object and say that it is JSON.
func read(r *http.Request) (*request, *refusal) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errValue("query")
	}
	in := &request{query: query}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return nil, errJSON
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return in, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, errJSON
	}
	if json.Unmarshal(raw, &in.body) != nil || in.body == nil {
		return nil, errJSON
	}
	return in, nil
}

// number reads an integer of the body.
func (r *request) number(name string, otherwise, least, most int) (int, error) {
	raw, ok := r.body[name]
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < least || n > most {
		return 0, errValue(name)
	}
	return n, nil
}

// fields are the names that the answer should have; without any, only the id.
// Names that do not exist are ignored.
func (r *request) fields() (map[string]bool, error) {
	list := r.query.Get("fields")
	if raw, ok := r.body["fields"]; ok {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, errValue("fields")
		}
	}
	names := map[string]bool{"id": true}
	for name := range strings.SplitSeq(list, ",") {
		names[strings.TrimSpace(name)] = true
	}
	return names, nil
}

// pick keeps the fields that were asked for.
func (o object) pick(names map[string]bool) object {
	var kept object
	for _, f := range o {
		if names[f.key] {
			kept = append(kept, f)
		}
	}
	return kept
}
