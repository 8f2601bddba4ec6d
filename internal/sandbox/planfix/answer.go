package planfix

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// refusal is why a request is not carried out.
type refusal struct {
	status int
	code   int
	text   string
}

func badRequest(code int, text string) *refusal { return &refusal{http.StatusBadRequest, code, text} }

var (
	errRest    = &refusal{http.StatusInternalServerError, 0, "Rest API error"}
	errFail200 = &refusal{http.StatusOK, 0, "Rest API error"}
	errJSON    = badRequest(30, "Request body is not a valid JSON")
	errMethod  = &refusal{http.StatusMethodNotAllowed, 405, "Method not allowed"}
	errQuota   = &refusal{http.StatusForbidden, 22, "Requests limit exceeded"}
	errTariff  = &refusal{http.StatusForbidden, 9001, "Report billing error"}
	errOften   = &refusal{http.StatusForbidden, 9004, "Report can be generated once in 10 minutes"}
	errRequest = badRequest(9003, "Request id does not exist")
)

func errReport(raw string) *refusal { return badRequest(9000, "Report not found by id "+raw) }

func errSave(raw string) *refusal { return badRequest(9000, "Report save not found by id "+raw) }

func errValue(name string) *refusal {
	return badRequest(41, "Parameter "+name+" has a value that is not allowed")
}

// object is a JSON object with its keys in order.
type object []field

type field struct {
	key   string
	value any
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, f.key), ':')
		v, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		b = append(b, v...)
	}
	return append(b, '}'), nil
}

// succeed answers with a payload after the result.
func succeed(status int, payload ...field) reply {
	return reply{status: status, value: append(object{{"result", "success"}}, payload...)}
}

// refuse answers with a refusal.
func refuse(r *refusal) reply {
	return reply{status: r.status, refusal: r, value: object{{"result", "fail"}, {"code", r.code}, {"error", r.text}}}
}

// reply is an answer that is ready to be sent.
type reply struct {
	status  int
	refusal *refusal
	value   any
	write   func(io.Writer) error // in place of value, for what is large
}

func (a reply) send(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if a.write != nil {
		w.WriteHeader(a.status)
		return a.write(w)
	}
	raw, err := json.Marshal(a.value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(a.status)
	_, err = w.Write(raw)
	return err
}

// notFound is the page for a path that no endpoint has.
func notFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>404</title></head><body><h1>Page not found</h1></body></html>\n")
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
