package market

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Service) generate(in *request, a *reply) error {
	op, business := operationAt(in.path)
	if !in.key.may(op) {
		return refuse(http.StatusForbidden, "FORBIDDEN", "Token does not have any of the scopes to access the API method: %s", strings.Join(op.Scopes, ", "))
	}
	body, err := io.ReadAll(io.LimitReader(in.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(body) > maxBody {
		return bad("Request body is larger than 512 KB")
	}
	if ref := s.media(in, op, body); ref != nil {
		return ref
	}
	q := in.URL.Query()
	for name, allowed := range op.Query {
		if v := q.Get(name); q.Has(name) && !slices.Contains(allowed, v) {
			return bad("Type mismatch for parameter %s: %s", name, v)
		}
	}
	asked, ref := s.check(op, business, body, in.now)
	if ref != nil {
		return ref
	}
	r := report{Name: op.Name, Source: "SELLER", Ask: *asked, At: in.now, Fault: in.call.Fault}
	if op.Makes == "sheets" {
		if r.Format = q.Get("format"); r.Format == "" {
			r.Format = "FILE"
		}
	}
	if v := q.Get("sourceType"); v != "" && op.Query["sourceType"] != nil {
		r.Source = v
	}
	err = s.memory.Update(func(m *memory) error {
		active := 0
		for i := range m.Reports {
			if m.Reports[i].active(in.now) {
				active++
			}
		}
		if active >= s.most() {
			ref = refuse(calm, "LIMIT_EXCEEDED", "Active reports limit exceeded: %d", s.most())
			return nil
		}
		n := len(m.Reports)
		r.ID = s.hash("report", strconv.Itoa(n))[:36]
		unit := time.Duration(max(s.opt.number(swTime), 0)) * time.Second
		r.Ready = in.now.Add(unit + unit*time.Duration(n%5)/5)
		m.Reports = slices.DeleteFunc(m.Reports, func(r report) bool { return in.now.Sub(r.At) > 10*reportLife })
		m.Reports = append(m.Reports, r)
		return nil
	})
	switch {
	case err != nil:
		return err
	case ref != nil:
		in.call.Violation = "active"
		return ref
	}
	in.call.Generated = true
	if in.call.Fault == faultLate {
		return refuse(http.StatusInternalServerError, "INTERNAL_ERROR", "")
	}
	keep(a, result(object{"reportId": r.ID, "estimatedGenerationTime": r.Ready.Sub(in.now).Milliseconds()}))
	return nil
}

func (s *Service) media(in *request, op *operation, body []byte) *refusal {
	if len(body) == 0 && op.Bare {
		return nil
	}
	kind, _, _ := strings.Cut(in.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(kind) != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type")
	}
	return nil
}

// active reports whether a report is in progress.
func (r *report) active(now time.Time) bool {
	if r.Fault == faultStuck {
		return now.Sub(r.At) < stuckLife
	}
	return now.Before(r.Ready)
}

func (s *Service) hash(parts ...string) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(s.env.Memory.Seed(), parts)))
	return hex.EncodeToString(sum[:])
}

func (s *Service) info(in *request, a *reply) error {
	id := strings.TrimPrefix(in.path, "/v2/reports/info/")
	source := in.URL.Query().Get("sourceType")
	if source == "" {
		source = "SELLER"
	}
	var r *report
	links := 0
	err := s.memory.Update(func(m *memory) error {
		i := slices.IndexFunc(m.Reports, func(r report) bool { return r.ID == id })
		if i < 0 || m.Reports[i].Source != source || m.Reports[i].Fault == faultForget || in.now.Sub(m.Reports[i].At) > reportLife {
			return nil
		}
		if !m.Reports[i].active(in.now) {
			m.Reports[i].Looks++
		}
		m.Links++
		links = m.Links
		found := m.Reports[i]
		r = &found
		return nil
	})
	switch {
	case err != nil:
		return err
	case r == nil:
		return refuse(http.StatusNotFound, "NOT_FOUND", "Report not found.")
	}
	v := object{"generationRequestedAt": r.At.UTC().Format(time.RFC3339)}
	left := r.Ready.Sub(in.now)
	switch {
	case r.Fault == faultStuck:
		v["status"] = "PENDING"
	case left > r.Ready.Sub(r.At)*4/5:
		v["status"], v["estimatedGenerationTime"], v["subStatus"] = "PENDING", left.Milliseconds(), "NO_DATA"
		if r.Fault == faultOddWord {
			v["status"] = "QUEUED"
		}
	case left > 0:
		v["status"], v["estimatedGenerationTime"] = "PROCESSING", left.Milliseconds()
	default:
		v["generationFinishedAt"] = r.Ready.UTC().Format(time.RFC3339)
		s.finish(v, r, in, links)
	}
	keep(a, result(v))
	return nil
}

// finish says how a report has ended.
func (s *Service) finish(v object, r *report, in *request, n int) {
	file := func() { v["file"] = s.link(in, r, n) }
	v["status"] = "DONE"
	rows := s.rowsOf(r)
	switch r.Fault {
	case faultFail:
		v["status"] = "FAILED"
	case faultLarge:
		v["status"], v["subStatus"] = "FAILED", "TOO_LARGE"
	case faultPartly:
		v["subStatus"] = "RESOURCE_NOT_FOUND"
		file()
	case faultIDs:
		v["status"], v["subStatus"] = "FAILED", "RESOURCE_NOT_FOUND"
	case faultHollow:
	case faultLateFile:
		if r.Looks > 1 {
			file()
		}
	case faultNoData:
		v["status"], v["subStatus"] = "FAILED", "NO_DATA"
	case faultOldWord:
		v["status"] = "NO_DATA"
	case faultDoneWord:
		v["subStatus"] = "NO_DATA"
	default:
		switch {
		case rows > s.opt.number(swMost):
			v["status"], v["subStatus"] = "FAILED", "TOO_LARGE"
		case rows > 0 || s.opt.is(swEmpty, "headers"):
			file()
		case s.opt.is(swEmpty, "done"):
			v["subStatus"] = "NO_DATA"
		default:
			v["status"], v["subStatus"] = "FAILED", "NO_DATA"
		}
	}
}

// link is a new signed address of a report's file.
func (s *Service) link(in *request, r *report, n int) string {
	host := in.Host
	if s.opt.is(swLinkHost, "other") {
		_, port, _ := strings.Cut(host, ":")
		host = "localhost:" + port
	}
	until := strconv.FormatInt(in.now.Add(linkLife).Unix(), 10)
	return fmt.Sprintf("http://%s/%s/files/%s?until=%s&n=%d&signature=%s", host, Provider, r.ID, until, n, s.hash("link", r.ID, until, strconv.Itoa(n)))
}

// download hands a file out to whoever has the link, and to nobody who brings a token.
func (s *Service) download(in *request, a *reply) error {
	id := strings.TrimPrefix(in.path, "/files/")
	q := in.URL.Query()
	if in.Header.Get("Api-Key") != "" || in.Header.Get("Authorization") != "" {
		if err := s.env.Meter.Leaked(); err != nil {
			return err
		}
	}
	denied := func(code string) {
		a.status, a.kind = http.StatusForbidden, "application/xml"
		a.raw = []byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code></Error>`)
		in.call.Refusal = "403"
	}
	until, err := strconv.ParseInt(q.Get("until"), 10, 64)
	if err != nil || s.hash("link", id, q.Get("until"), q.Get("n")) != q.Get("signature") {
		denied("SignatureDoesNotMatch")
		return nil
	}
	if !in.now.Before(time.Unix(until, 0)) || in.call.Fault == faultExpired {
		denied("AccessDenied")
		return nil
	}
	var r *report
	err = s.memory.View(func(m *memory) {
		if i := slices.IndexFunc(m.Reports, func(r report) bool { return r.ID == id }); i >= 0 {
			found := m.Reports[i]
			r = &found
		}
	})
	if err != nil {
		return err
	}
	if r == nil {
		denied("NoSuchKey")
		return nil
	}
	a.status, a.kind = http.StatusOK, "application/octet-stream"
	a.raw, err = s.file(r, in.call.Fault)
	return err
}
