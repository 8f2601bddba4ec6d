package planfixxml

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// sessionLife is how long a session lasts, used or not.
const sessionLife = time.Hour

// memory is what has happened to the account by its clients' doing.
type memory struct {
	// Sessions that were begun.
	Sessions []session `json:"sessions,omitempty"`
	// Logins is how many sessions there have been.
	Logins int `json:"logins,omitempty"`
	// Extra are tasks that were made or deleted by a fault.
	Extra []extra `json:"extra,omitempty"`
}

type session struct {
	SID   string    `json:"sid"`
	Born  time.Time `json:"born"`
	Calls int       `json:"calls"`
}

type extra struct {
	At      time.Time `json:"at"`
	Deleted bool      `json:"deleted,omitempty"`
}

// authorize finds out who asks. The password of HTTP Basic is a token, or is not
// looked at.
func (s *Service) authorize(r *http.Request, in *request) error {
	user, password, ok := r.BasicAuth()
	if !ok || user != apiKey {
		return errKey
	}
	if in.broken != nil {
		return in.broken
	}
	switch account := in.text("account"); {
	case account == "":
		return missing("account")
	case s.opt.is(swRegion, "elsewhere"):
		return errRegion
	case account != accountName:
		return errAccount
	}
	if in.at("signature") != nil {
		return refuse("0006", "Неверная подпись") // there is no way to know the private key
	}
	switch {
	case in.method == endLogin:
		return nil
	case password == goodToken:
		return nil
	case password == narrowToken:
		if in.method != "task.getList" {
			return errFunction
		}
		return nil
	case in.text("sid") == "":
		return errNoSid
	}
	return s.session(in.text("sid"))
}

// session counts a call of a session that is not over.
func (s *Service) session(sid string) error {
	return s.memory.Update(func(m *memory) error {
		i := slices.IndexFunc(m.Sessions, func(x session) bool { return x.SID == sid })
		if i < 0 || s.env.Clock.Now().Sub(m.Sessions[i].Born) >= sessionLife || s.opt.calls > 0 && m.Sessions[i].Calls >= s.opt.calls {
			return errSession
		}
		m.Sessions[i].Calls++
		return nil
	})
}

// login begins a session.
func (s *Service) login(in *request) (string, error) {
	for _, name := range []string{"login", "password"} {
		if in.text(name) == "" {
			return "", missing(name)
		}
	}
	if in.text("login") != robotLogin || in.text("password") != robotSecret {
		return "", errLogin
	}
	var sid string
	err := s.memory.Update(func(m *memory) error {
		m.Logins++
		d := newDice(s.env.Memory.Seed(), forSession, m.Logins)
		sid = fmt.Sprintf("%016x%016x", d.Next(), d.Next())
		m.Sessions = append(m.Sessions, session{SID: sid, Born: s.env.Clock.Now()})
		return nil
	})
	return sid, err
}
