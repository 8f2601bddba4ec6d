package tracker

import (
	"encoding/json"
	"net/http"
	"strings"
)

// refused is the refusal that a switch holds as a status, or nil.
func (s *Service) refused(name string) *refusal {
	switch s.opt.switches[name] {
	case "400":
		return bad("entityType", "Операция не поддерживается для отчётов", "The operation is not supported for reports")
	case "403":
		return errRights
	case "404":
		return errPath
	case "405":
		return errMethod
	case "422":
		return malformed("fields")
	}
	return nil
}

// report answers GET /entities/report/{id}.
func (s *Service) report(in *request) (reply, error) {
	if s.opt.is(swReads, off) {
		return reply{}, errPath
	}
	if ref := s.refused(swReads); ref != nil {
		return reply{}, ref
	}
	r, p, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	o := s.describe(r, p, in)
	if shown := s.contents(r, p, in); shown != nil && s.opt.is(swReads, on) {
		o = append(o, member{"fields", shown})
	}
	if in.names("expand")["attachments"] && (s.opt.is(swAttach, on) || s.opt.is(swAttach, "never")) {
		files, err := s.files(r, in)
		if err != nil {
			return reply{}, err
		}
		o = append(o, member{"attachments", files})
	}
	return ok(o), nil
}

// patch answers PATCH /entities/report/{id}.
func (s *Service) patch(in *request) (reply, error) {
	if s.opt.is(swPatch, off) {
		return reply{}, errMethod
	}
	if ref := s.refused(swPatch); ref != nil {
		return reply{}, ref
	}
	r, p, err := s.find(in)
	switch {
	case err != nil:
		return reply{}, err
	case r.Author != in.token.user:
		return reply{}, errRights
	}
	version := s.describe(r, p, in)[2].value.(int)
	switch {
	case !s.opt.is(swPatch, "if-match"):
	case in.match == "":
		return reply{}, refuse(http.StatusPreconditionRequired, "Передайте версию объекта в заголовке If-Match.", "Send the version of the object in the header If-Match.")
	case in.match != `"`+itoa(version)+`"`:
		return reply{}, refuse(http.StatusPreconditionFailed, "Версия объекта изменилась.", "The version of the object has changed.")
	}
	var fields map[string]json.RawMessage
	if found, ref := decode(in.body, "fields", &fields); ref != nil || !found {
		return reply{}, missing("fields", ref)
	}
	summary := p.Summary
	found, ref := decode(fields, "summary", &summary)
	if ref != nil || found && strings.TrimSpace(summary) == "" {
		return reply{}, missing("summary", ref)
	}
	if len(fields) > 1 || len(fields) == 1 && !found {
		return reply{}, bad("fields", "У отчёта можно изменить только summary", "Only the summary of a report can be changed")
	}
	err = s.memory.Update(func(m *memory) error {
		if m.Patches == nil {
			m.Patches = map[string]patch{}
		}
		p = m.Patches[r.ID]
		p.Times, p.At, p.Summary = p.Times+1, in.now.UTC(), summary
		m.Patches[r.ID] = p
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	o := s.describe(r, p, in)
	if shown := s.contents(r, p, in); shown != nil {
		o = append(o, member{"fields", shown})
	}
	return ok(o), nil
}

// delete answers DELETE /entities/report/{id}.
func (s *Service) delete(in *request) (reply, error) {
	if s.opt.is(swDelete, off) {
		return reply{}, errMethod
	}
	if ref := s.refused(swDelete); ref != nil {
		return reply{}, ref
	}
	r, _, err := s.find(in)
	switch {
	case err != nil:
		return reply{}, err
	case r.Author != in.token.user:
		return reply{}, errRights
	}
	err = s.memory.Update(func(m *memory) error {
		m.Deleted = append(m.Deleted, r.ID)
		return nil
	})
	return reply{status: http.StatusNoContent}, err
}
