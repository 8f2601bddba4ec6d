package planfixxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"reportsync/internal/sandbox/sim"
)

// endLogin is the method that begins a session.
const endLogin = "auth.login"

// maxBody is more than any request needs.
const maxBody = 1 << 20

// element is a part of a request.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e *element) name() string { return e.XMLName.Local }

// at returns the first element on a path, or nil.
func (e *element) at(path string) *element {
	for name := range strings.SplitSeq(path, "/") {
		i := -1
		if e != nil {
			i = slices.IndexFunc(e.Children, func(c element) bool { return c.name() == name })
		}
		if i < 0 {
			return nil
		}
		e = &e.Children[i]
	}
	return e
}

func (e *element) text(path string) string {
	if c := e.at(path); c != nil {
		return strings.TrimSpace(c.Text)
	}
	return ""
}

// all are the elements with the name at a path.
func (e *element) all(path, name string) []*element {
	parent := e.at(path)
	if parent == nil {
		return nil
	}
	var out []*element
	for i := range parent.Children {
		if parent.Children[i].name() == name {
			out = append(out, &parent.Children[i])
		}
	}
	return out
}

// request is a call.
type request struct {
	element
	method string
	broken *refusal // why it cannot be read
	call   *sim.Call
}

// read reads a request and leaves its body to be read again.
func read(r *http.Request) *request {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(bytes.NewReader(raw))
	in := &request{call: sim.CallOf(r.Context())}
	if err != nil || len(raw) > maxBody {
		in.broken = errXML
		return in
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/xml" && kind != "text/xml" {
		in.broken = refuse("0003", "Тип содержимого должен быть application/xml")
		return in
	}
	dec := xml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&in.element); err != nil || bytes.Contains(raw, []byte("<!")) {
		in.broken = errXML
		return in
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		in.broken = errXML // something stands behind the document
		return in
	}
	for _, a := range in.Attrs {
		if a.Name.Local == "method" {
			in.method = a.Value
		}
	}
	if in.name() != "request" || in.method == "" {
		in.broken = errXML
	}
	return in
}

// number reads a number that may be left out.
func (r *request) number(name string, otherwise int) (int, *refusal) {
	if r.at(name) == nil || r.text(name) == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(r.text(name))
	if err != nil {
		return 0, badValue(name)
	}
	return n, nil
}

// refusal is an error of the service.
type refusal struct{ code, message string }

// Error implements error, so that a refusal can travel as one.
func (r *refusal) Error() string { return r.code + " " + r.message }

func refuse(code, message string) *refusal { return &refusal{code, message} }

func badValue(name string) *refusal {
	return refuse("0015", fmt.Sprintf("Недопустимое значение параметра %s", name))
}

func missing(name string) *refusal {
	return refuse("0009", fmt.Sprintf("Отсутствует обязательный параметр %s", name))
}

var (
	errXML      = refuse("0003", "Ошибка XML-запроса")
	errKey      = refuse("0001", "Неверный API key")
	errAccount  = refuse("0004", "Неизвестный аккаунт")
	errSession  = refuse("0005", "Ключ сессии недействителен или время его жизни истекло")
	errQuota    = refuse("0007", "Превышен лимит запросов")
	errMethod   = refuse("0008", "Неизвестное имя функции")
	errUpdate   = refuse("0011", "На площадке аккаунта производится обновление программного обеспечения")
	errNoSid    = refuse("0012", "Отсутствует сессия, параметр сессии не передан в запрос")
	errFunction = refuse("0020", "Вызов данной функции запрещён")
	errSize     = refuse("0021", "Запрошено больше объектов, чем разрешено")
	errRegion   = refuse("0024", "Аккаунт находится в другом дата-центре, проверьте адрес")
	errLogin    = refuse("1001", "Неверный логин или пароль")
	errBusy     = refuse("3014", "Задача изменяется сценарием или другим запросом")
	errRights   = refuse("10001", "Нет прав на аналитику")
	errAnalitic = refuse("10002", "Аналитики не существует")
	errHandbook = refuse("10004", "Справочника не существует")
)
