package tracker

import (
	"net/http"
	"strings"
	"testing"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// What each refusal means for a call that can be repeated and for a creation, and what
// people are told.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const said = `{"errors":{},"errorMessages":["Объект изменён"],"statusCode":0}`
	for status, want := range map[int]struct {
		reading, creating providers.Kind
		hint              string
	}{
		400: {providers.Invalid, providers.Invalid, "arguments"},
		401: {providers.Auth, providers.Auth, "token"},
		403: {providers.Permission, providers.Permission, "rights"},
		404: {providers.NotFound, providers.NotFound, ""},
		409: {providers.Refused, providers.Uncertain, "plan again"}, // it may have been carried out
		412: {providers.Refused, providers.Refused, "plan again"},
		422: {providers.Invalid, providers.Invalid, "arguments"},
		423: {providers.Refused, providers.Refused, "replaced"},
		428: {providers.Refused, providers.Refused, ""},
		503: {providers.Transient, providers.Uncertain, ""},
	} {
		for repeatable, usual := range map[bool]providers.Kind{true: want.reading, false: want.creating} {
			for body, text := range map[string]string{said: "Объект изменён", "<html>busy</html>": ""} {
				kind := usual
				if status == 404 && text == "" {
					kind = providers.Protocol // a web page says nothing about what there is
				}
				v := judge(&transport.Call{Op: "do it", Repeatable: repeatable}, &transport.Answer{Status: status, Header: http.Header{}, Body: []byte(body)})
				if v.Err == nil || v.Err.Kind != kind || !strings.Contains(v.Err.Message, text) || !strings.Contains(v.Err.Hint, want.hint) || strings.Contains(v.Err.Error(), "<html>") {
					t.Errorf("%d, repeatable %t, %.20s: %+v, want %s", status, repeatable, body, v.Err, kind)
				}
			}
		}
	}
}
