package tracker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// mimes are the types of the files by format.
var mimes = map[string]string{
	"csv": "text/csv", "xml": "application/xml",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// attachments answers /entities/report/{id}/attachments.
func (s *Service) attachments(in *request) (reply, error) {
	if s.opt.is(swAttach, off) {
		return reply{}, errPath
	}
	if ref := s.refused(swAttach); ref != nil {
		return reply{}, ref
	}
	r, _, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	if at, _ := s.built(r); s.opt.is(swAttach, "file") && !in.now.Before(at) {
		return s.bytes(r)
	}
	list, err := s.files(r, in)
	if err != nil {
		return reply{}, err
	}
	return ok(list), nil
}

// metaAttachments answers the address that the pages for people use, where it is
// one of the API's.
func (s *Service) metaAttachments(in *request) (reply, error) {
	if s.opt.is(swMeta, off) {
		return reply{}, errPath
	}
	r, _, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	list, err := s.files(r, in)
	if err != nil {
		return reply{}, err
	}
	return ok(list), nil
}

// fileID is the id of a report's file.
func (s *Service) fileID(r *report) string {
	return hexID(r.At.Unix()+1, s.world.seed, forReport, r.short+1<<30)
}

func (r *report) format() (p parameters, name string, err error) {
	if err := json.Unmarshal(r.Parameters, &p); err != nil {
		return p, "", fmt.Errorf("read the parameters of a report: %w", err)
	}
	return p, "report-" + itoa(r.short) + "." + p.Format, nil
}

// files are the files of a report: one when it is built. The address of a file has
// no scheme.
func (s *Service) files(r *report, in *request) ([]object, error) {
	if at, _ := s.built(r); in.now.Before(at) || s.opt.is(swAttach, "never") {
		return []object{}, nil
	}
	p, name, err := r.format()
	if err != nil {
		return nil, err
	}
	body, err := s.file(r, &p)
	if err != nil {
		return nil, err
	}
	id := s.fileID(r)
	content := in.host + "/" + Provider + "/v2/attachments/" + id + "/" + name
	if s.opt.is(swContent, "ui") {
		content = "tracker.yandex.ru/ajax/v2/attachments/" + id + "/" + name
	}
	at, _ := s.built(r)
	return []object{{
		{"self", self("entities/report/" + r.ID + "/attachments/" + id)},
		{"id", id},
		{"name", name},
		{"content", content},
		{"createdBy", users[r.Author].ref(in.lang)},
		{"createdAt", stamp(at.UnixMilli())},
		{"mimetype", mimes[p.Format]},
		{"size", len(body)},
	}}, nil
}

// download answers /attachments/{id}/{name}.
func (s *Service) download(in *request) (reply, error) {
	list, _, err := s.existing(in.now)
	if err != nil {
		return reply{}, err
	}
	i := slices.IndexFunc(list, func(r report) bool { return s.fileID(&r) == in.id })
	if i < 0 || !s.opt.is(swContent, "api") {
		return reply{}, notFound("Файл не существует.", "The file does not exist.")
	}
	if at, _ := s.built(&list[i]); in.now.Before(at) {
		return reply{}, notFound("Файл не существует.", "The file does not exist.")
	}
	return s.bytes(&list[i])
}

// bytes answers with the file of a report.
func (s *Service) bytes(r *report) (reply, error) {
	p, name, err := r.format()
	if err != nil {
		return reply{}, err
	}
	body, err := s.file(r, &p)
	a := reply{status: http.StatusOK, raw: body, kind: mimes[p.Format]}
	a.set("Content-Disposition", `attachment; filename="`+name+`"`)
	return a, err
}
