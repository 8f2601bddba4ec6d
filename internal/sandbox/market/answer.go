package market

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// refusal is why a request is not carried out.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.message) }

func refuse(status int, code, format string, a ...any) *refusal {
	return &refusal{status, code, fmt.Sprintf(format, a...)}
}

func bad(format string, a ...any) *refusal {
	return refuse(http.StatusBadRequest, "BAD_REQUEST", format, a...)
}

func missing(field string) *refusal { return bad("'%s' must not be null", field) }

const calm = 420

// reply is an answer that is ready to be sent.
type reply struct {
	status int
	header map[string]string
	value  any // what becomes JSON
	raw    []byte
	kind   string
}

func (a *reply) set(name, value string) {
	if a.header == nil {
		a.header = map[string]string{}
	}
	a.header[name] = value
}

type object map[string]any

// result is a good answer.
func result(v any) reply {
	return reply{status: http.StatusOK, value: object{"status": "OK", "result": v}}
}

// refused is the answer that a refusal gives.
func (a *reply) refused(r *refusal) {
	e := object{"code": r.code}
	if r.message != "" {
		e["message"] = r.message
	}
	a.status, a.value = r.status, object{"status": "ERROR", "errors": []object{e}}
}

func (a *reply) send(w http.ResponseWriter, close bool) error {
	body, kind := a.raw, a.kind
	if body == nil && a.value != nil {
		text, err := json.Marshal(a.value)
		if err != nil {
			return err
		}
		body, kind = text, "application/json;charset=utf-8"
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	if kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	if close {
		w.Header().Set("Connection", "close")
	}
	if !strings.HasPrefix(kind, "application/json") || len(body) < 1<<20 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	_, err := w.Write(body)
	return err
}
