package planfix

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// save is one saved version as listed.
type save struct {
	ID       scalar `json:"id"`
	ReportID scalar `json:"reportId"`
	DateTime moment `json:"dateTime"`
	Name     scalar `json:"name"`
	// Chunks is the older of the two; beside ChunksCount it is one less, as if it
	// were the last index.
	Chunks      scalar `json:"chunks"`
	ChunksCount scalar `json:"chunksCount"`
}

// version is the save in our words.
func (s *save) version() export.Version {
	v := export.Version{ID: s.ID.text, Name: s.Name.text}
	v.CreatedAt, v.CreatedRaw = s.DateTime.time()
	if n, ok := s.ChunksCount.count(); ok {
		v.Parts = n
	} else if n, ok := s.Chunks.count(); ok {
		v.Parts, v.PartsTolerant = n+1, true
	}
	return v
}

// saves lists the saves of a report, old to new. The service promises no order;
// ids grow with time.
func (p *provider) saves(ctx context.Context, reportID string) ([]export.Version, []string, error) {
	op := "read saves of report " + reportID
	var answer struct {
		Saves json.RawMessage `json:"saves"`
	}
	r := request{
		op: op, method: http.MethodPost, path: "/report/" + url.PathEscape(reportID) + "/save/list",
		body: map[string]string{"fields": "id,reportId,dateTime,name,chunks,chunksCount"},
	}
	if err := p.read(ctx, r, &answer); err != nil {
		return nil, nil, err
	}
	var list []save
	if err := unmarshalList(answer.Saves, &list); err != nil {
		return nil, nil, p.shape(op, "saves", err)
	}
	var out []export.Version
	var warnings []string
	seen := map[string]bool{}
	for i := range list {
		s := &list[i]
		switch {
		case s.ID.text == "":
			return nil, nil, p.shape(op, "saves", fmt.Errorf("a save has no id"))
		case s.ReportID.text != "" && s.ReportID.text != reportID:
			warnings = append(warnings, fmt.Sprintf("the service lists save %s of report %s among those of report %s; it is left out",
				s.ID.text, s.ReportID.text, reportID))
		case !seen[s.ID.text]:
			seen[s.ID.text] = true
			out = append(out, s.version())
		}
	}
	slices.SortStableFunc(out, export.Version.Compare)
	return out, warnings, nil
}

// readSaves is the data source planfix_saves.
func (p *provider) readSaves(ctx context.Context, args schema.Values) (cty.Value, error) {
	id := args.String("report_id")
	if err := checkID(id); err != nil {
		return cty.NilVal, err
	}
	list, _, err := p.saves(ctx, id)
	if err != nil {
		return cty.NilVal, p.missing(ctx, id, err)
	}
	var out []cty.Value
	for i := range list {
		v := &list[i]
		out = append(out, cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(v.ID), "name": cty.StringVal(v.Name),
			"created_at": listTime(v.CreatedAt), "parts": cty.NumberIntVal(int64(v.Parts)),
		}))
	}
	return object("saves", saveObject, out), nil
}
