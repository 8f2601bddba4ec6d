package tracker

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"reportsync/internal/providers"
	"reportsync/internal/providers/transport"
)

// markPattern is the mark at the end of a name that this tool has given.
var markPattern = regexp.MustCompile(`\s*\[rs:[0-9a-f]{8}\]$`)

// Discover implements [providers.Discoverer]: the reports that the token's user has
// created, old to new, as far as the service shows what they are made from.
func (p *provider) Discover(ctx context.Context) ([]providers.Discovered, error) {
	list, err := p.own(ctx, "", time.Time{})
	if err != nil {
		return nil, err
	}
	var out []providers.Discovered
	for i := range slices.Backward(list) {
		e := &list[i]
		if e.Fields == nil || blank(e.Fields.Parameters) {
			shown, err := p.readBack(ctx, string(e.ID))
			if err != nil {
				return nil, err
			}
			if shown == nil {
				continue
			}
			e.Fields = shown.Fields
		}
		if d, ok := e.discovered(); ok {
			out = append(out, d)
		}
	}
	if len(out) == 0 && len(list) > 0 {
		return nil, &providers.Error{
			Kind: providers.Refused, Op: "look for reports", Message: fmt.Sprintf("the service does not show what the %d reports of the user are made from", len(list)),
			Hint: "data.yandex_tracker_reports lists them; an export block of your own takes one over by `reportsync import ADDRESS ID`.",
		}
	}
	return out, nil
}

// discovered is the block for a report; false if the service does not show enough of it.
func (e *entity) discovered() (providers.Discovered, bool) {
	d := providers.Discovered{Type: typeReport, ImportID: string(e.ID)}
	name, ok := e.summary()
	if !ok || e.Fields == nil {
		return d, false
	}
	d.Name = markPattern.ReplaceAllString(transport.Clean(name, longName), "")
	var params struct {
		Format string `json:"format"`
		Filter struct {
			Query  string          `json:"query"`
			ID     any             `json:"filterId"`
			Filter json.RawMessage `json:"filter"`
			Sorts  []struct {
				By  any  `json:"orderBy"`
				Asc bool `json:"orderAsc"`
			} `json:"sorts"`
		} `json:"filter"`
		Fields []any `json:"fields"`
	}
	if json.Unmarshal(e.Fields.Parameters, &params) != nil || len(params.Fields) == 0 {
		return d, false
	}
	var fields []cty.Value
	for _, f := range params.Fields {
		fields = append(fields, cty.StringVal(plain(f)))
	}
	d.Args = []providers.Argument{providers.Text("summary", d.Name)}
	if params.Format != "" {
		d.Args = append(d.Args, providers.Text("report_format", params.Format))
	}
	switch id := plain(params.Filter.ID); {
	case params.Filter.Query != "":
		d.Args = append(d.Args, providers.Text("query", params.Filter.Query))
	case id != "":
		d.Args = append(d.Args, providers.Text("filter_id", id))
	case !blank(params.Filter.Filter):
		typ, err := ctyjson.ImpliedType(params.Filter.Filter)
		if err != nil {
			return d, false
		}
		v, err := ctyjson.Unmarshal(params.Filter.Filter, typ)
		if err != nil || !typ.IsObjectType() {
			return d, false
		}
		d.Args = append(d.Args, providers.Argument{Name: "filter", Value: v})
	default:
		return d, false
	}
	d.Args = append(d.Args, providers.Argument{Name: "fields", Value: cty.TupleVal(fields)})
	for _, s := range params.Filter.Sorts {
		d.Args = append(d.Args, providers.Argument{Name: "sort", Block: true, Value: cty.ObjectVal(map[string]cty.Value{
			"by": cty.StringVal(plain(s.By)), "ascending": cty.BoolVal(s.Asc),
		})})
	}
	return d, true
}

// plain is the key of a field or object, which comes as text, number or object.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any:
		for _, name := range []string{"key", "id"} {
			if text := plain(v[name]); text != "" {
				return strings.TrimSpace(text)
			}
		}
	}
	return ""
}
