package planfixxml

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// maxAnswer bounds one answer in memory, in bytes: a hundred items.
const maxAnswer = 64 << 20

// basic is the header of HTTP Basic. With a session the password is not looked at.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// remaining reads how many requests are left today, which the service refreshes
// about every ten minutes.
func remaining(h http.Header) (name string, left int, ok bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("X-RateLimit-Remaining")))
	return "requests left today", n, err == nil
}

// session is that of a login. It lives in memory only.
type session struct {
	login, password string

	mu  sync.Mutex
	sid string
}

// call makes a call and returns the whole answer, which says ok. A session that is
// over is renewed once.
func (p *provider) call(ctx context.Context, op, method string, params []element) ([]byte, error) {
	if p.session == nil {
		return p.ask(ctx, op, method, "", params)
	}
	for renewed := false; ; renewed = true {
		sid, err := p.login(ctx)
		if err != nil {
			return nil, err
		}
		body, err := p.ask(ctx, op, method, sid, params)
		if e, ok := errors.AsType[*providers.Error](err); !ok || e.Code != codeSession || renewed {
			return body, err
		}
		p.session.mu.Lock()
		if p.session.sid == sid { // nobody else has renewed it
			p.session.sid = ""
		}
		p.session.mu.Unlock()
	}
}

// login returns the session, which it begins if there is none.
func (p *provider) login(ctx context.Context) (string, error) {
	s := p.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sid != "" {
		return s.sid, nil
	}
	const op = "log in"
	body, err := p.ask(ctx, op, "auth.login", "", []element{leaf("login", s.login), leaf("password", s.password)})
	if err != nil {
		return "", err
	}
	var answer struct {
		SID string `xml:"sid"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		return "", p.odd(op, err)
	}
	if answer.SID == "" {
		return "", p.odd(op, errors.New("the answer has no session"))
	}
	s.sid = answer.SID
	return s.sid, nil
}

// ask makes one call.
func (p *provider) ask(ctx context.Context, op, method, sid string, params []element) ([]byte, error) {
	content := []element{leaf("account", p.account)}
	if sid != "" {
		content = append(content, leaf("sid", sid))
	}
	a, err := p.client.Do(ctx, &transport.Call{
		Op: op, Method: http.MethodPost, Path: "/", Body: document(method, append(content, params...)), Repeatable: true, MaxBody: maxAnswer, Judge: judge,
	})
	if e, ok := errors.AsType[*providers.Error](err); ok && sid != "" {
		e.Message = strings.ReplaceAll(e.Message, sid, "(hidden)")
	}
	if err != nil {
		return nil, err
	}
	return a.Body, nil
}

// judge says what an answer means: by what stands in it first, by the HTTP status
// second. Most failures come with status 200.
func judge(_ *transport.Call, a *transport.Answer) transport.Verdict {
	good := a.Status >= 200 && a.Status <= 299
	if e := a.ForeignText(); good && e != nil {
		return transport.Verdict{Err: e}
	}
	root, dec, err := rootOf(a.Body)
	switch {
	case err == nil && root.Name.Local == "response":
	case good && err != nil && bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<?xml")):
		return transport.Verdict{Err: transport.Odd(syntax(dec, err).Error())}
	default:
		return transport.StatusVerdict(a)
	}
	switch status := attribute(root, "status"); status {
	case "ok":
		if !good {
			return transport.StatusVerdict(a)
		}
		if !ends(a.Body) {
			return transport.Verdict{Retry: true, Err: &providers.Error{
				Kind: providers.Transient, Message: fmt.Sprintf("the answer is cut short: it ends after %d bytes, inside the data", len(a.Body)),
				Hint: "Try again; check a proxy on the way if it goes on.", Err: io.ErrUnexpectedEOF,
			}}
		}
		return transport.Verdict{}
	case "error":
		return failure(dec, root)
	default:
		return transport.Verdict{Err: transport.Odd(fmt.Sprintf("the answer has the status %q; ok and error are known", transport.Clean(status, 50)))}
	}
}

// rootOf reads up to the first element.
func rootOf(body []byte) (xml.StartElement, *xml.Decoder, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := dec.Token()
		if err != nil {
			return xml.StartElement{}, dec, err
		}
		if start, ok := t.(xml.StartElement); ok {
			return start, dec, nil
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// ends reports whether the body has the end of its root element.
func ends(body []byte) bool {
	body = bytes.TrimRight(body, " \t\r\n")
	return bytes.HasSuffix(body, []byte("</response>")) || bytes.HasSuffix(body, []byte("/>"))
}

// failure is what an answer with the status error means.
func failure(dec *xml.Decoder, root xml.StartElement) transport.Verdict {
	var e struct {
		Code    string `xml:"code"`
		Message string `xml:"message"`
	}
	if err := dec.DecodeElement(&e, &root); err != nil {
		return transport.Verdict{Err: transport.Odd("the answer tells of a failure and breaks off: " + syntax(dec, err).Error())}
	}
	code := strings.TrimSpace(e.Code)
	m := meaningOf(code)
	message := m.text
	if said := strings.TrimSpace(e.Message); said != "" {
		message += " (" + said + ")"
	}
	return transport.Verdict{
		Retry: len(m.waits) > 0, Max: len(m.waits), Waits: m.waits,
		Err: &providers.Error{Kind: m.kind, Code: transport.Clean(code, 20), Message: message, Hint: m.hint},
	}
}

// syntax says where in the answer the XML is wrong.
func syntax(dec *xml.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the answer ends inside the data, at byte %d", dec.InputOffset())
	}
	text := strings.TrimPrefix(err.Error(), "xml: ")
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		text = e.Msg
	}
	return fmt.Errorf("the answer is not the XML that is understood: at byte %d, %s", dec.InputOffset(), text)
}
