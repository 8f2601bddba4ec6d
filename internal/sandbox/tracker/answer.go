package tracker

import (
	"net/http"
	"strconv"
)

// lang is a language of texts.
type lang int

const (
	ru lang = iota
	en
)

// text is a text in both languages.
type text struct{ ru, en string }

func (t text) in(l lang) string {
	if l == en {
		return t.en
	}
	return t.ru
}

// refusal is why a request is not carried out.
type refusal struct {
	status  int
	message text
	param   string // the parameter at fault, or ""
	detail  text   // what is wrong with it
	silent  bool   // the body has no errors
}

// Error implements error, so that a refusal can travel as one.
func (r *refusal) Error() string { return strconv.Itoa(r.status) + " " + r.message.en }

// body is the refusal as the service words it.
func (r *refusal) body(l lang) object {
	var o object
	if !r.silent {
		details := object{}
		if r.param != "" {
			details = object{{r.param, r.detail.in(l)}}
		}
		o = append(o, member{"errors", details})
	}
	return append(o, member{"errorMessages", []string{r.message.in(l)}}, member{"statusCode", r.status})
}

// bad is the refusal of a parameter's value.
func bad(param, ruText, enText string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, message: text{"Некорректное значение параметра " + param + ".", "Bad value of the parameter " + param + "."},
		param: param, detail: text{ruText, enText},
	}
}

// refuse is a refusal without a parameter.
func refuse(status int, ruText, enText string) *refusal {
	return &refusal{status: status, message: text{ruText, enText}}
}

func malformed(param string) *refusal {
	r := bad(param, "Неверный тип значения", "Wrong type of value")
	r.status = http.StatusUnprocessableEntity
	return r
}

func notFound(ruText, enText string) *refusal { return refuse(http.StatusNotFound, ruText, enText) }

var (
	errJSON     = refuse(http.StatusUnprocessableEntity, "Ошибка разбора JSON.", "The body is not valid JSON.")
	errMedia    = refuse(http.StatusBadRequest, "Тип содержимого не поддерживается, ожидается application/json.", "The content type is not supported, application/json is expected.")
	errMethod   = refuse(http.StatusMethodNotAllowed, "Метод не поддерживается.", "The method is not supported.")
	errOften    = refuse(http.StatusTooManyRequests, "Слишком много запросов, повторите позже.", "Too many requests, try again later.")
	errRights   = refuse(http.StatusForbidden, "У вас нет прав на выполнение операции.", "You have no rights for this operation.")
	errInternal = refuse(http.StatusInternalServerError, "Внутренняя ошибка сервиса.", "Internal error of the service.")
	errConflict = refuse(http.StatusConflict, "Конфликт при редактировании объекта.", "Conflict while editing the object.")
	errPath     = notFound("Ресурс не найден.", "The resource is not found.")
	errReport   = notFound("Отчёт не существует.", "The report does not exist.")
	errIssue    = notFound("Задача не существует.", "The issue does not exist.")
	errScroll   = refuse(http.StatusForbidden, "Неверная подпись: bad signature.", "Bad signature.")
)

// reply is an answer that is ready to be sent.
type reply struct {
	status  int
	refusal *refusal
	header  map[string]string
	value   any    // what becomes JSON; nil for no body
	raw     []byte // in place of value, of the type in kind
	kind    string
}

func ok(value any) reply { return reply{status: http.StatusOK, value: value} }

// set adds a header.
func (a *reply) set(name, value string) {
	if a.header == nil {
		a.header = map[string]string{}
	}
	a.header[name] = value
}

func (a *reply) send(w http.ResponseWriter, l lang) error {
	body := a.raw
	kind := a.kind
	if a.refusal != nil {
		a.status, a.value = a.refusal.status, a.refusal.body(l)
	}
	if body == nil && a.value != nil {
		body, kind = appendJSON(nil, a.value), "application/json;charset=utf-8"
	}
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	if kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	_, err := w.Write(body)
	return err
}

func itoa(n int) string { return strconv.Itoa(n) }
