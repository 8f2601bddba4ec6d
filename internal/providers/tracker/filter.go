package tracker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"reportsync/internal/providers"
)

// savedFilter is a filter that somebody has saved. What is in it can change at any
// time.
type savedFilter struct {
	Query  string          `json:"query"`
	Filter json.RawMessage `json:"filter"`
}

// hash identifies what the filter selects.
func (f *savedFilter) hash() string {
	var filter any
	if !blank(f.Filter) {
		_ = json.Unmarshal(f.Filter, &filter) // it is part of valid JSON
	}
	sum := sha256.Sum256([]byte(canonical(map[string]any{"query": f.Query, "filter": normal(filter)})))
	return hex.EncodeToString(sum[:8])
}

// savedFilter reads a filter.
func (p *provider) savedFilter(ctx context.Context, id string) (*savedFilter, error) {
	var f savedFilter
	_, err := p.read(ctx, request{op: "read the saved filter " + id, method: http.MethodGet, path: "/v3/filters/" + url.PathEscape(id)}, &f)
	switch statusOf(err) {
	case http.StatusNotFound:
		return nil, &providers.Error{
			Kind: providers.NotFound, Op: "read the saved filter", Status: http.StatusNotFound, Message: fmt.Sprintf("there is no saved filter %s", id),
			Hint: "Check filter_id; the number is in the address of the filter's page.",
		}
	case http.StatusForbidden:
		return nil, &providers.Error{
			Kind: providers.Permission, Op: "read the saved filter", Status: http.StatusForbidden, Message: fmt.Sprintf("the user may not see the saved filter %s", id),
			Hint: "Have its owner share it, or write its condition as query.",
		}
	}
	if err != nil {
		return nil, err
	}
	return &f, nil
}
