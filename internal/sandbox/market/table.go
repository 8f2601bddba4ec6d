package market

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"
)

//go:embed api.json
var apiJSON []byte

// operation is a method that makes something.
type operation struct {
	ID    string              `json:"op"`
	Name  string              `json:"name"`
	Path  string              `json:"path"`
	Body  node                `json:"body"`
	Bare  bool                `json:"bare"` // the body may be left out
	Query map[string][]string `json:"query"`
	Rules struct {
		One      [][]string          `json:"one"`
		Some     []string            `json:"some"`
		With     map[string][]string `json:"with"`
		Months   int                 `json:"months"`
		Barcodes int64               `json:"barcodes"`
	} `json:"rules"`
	// Window is how many calls in how many seconds, without and with MEDIUM.
	Window [4]int `json:"window"`
	// Days is how far back may be asked, without and with MEDIUM; 0 is any time.
	Days   [2]int   `json:"days"`
	Models []string `json:"models"`
	Scopes []string `json:"scopes"`
	Files  []string `json:"files"`
	// Makes is sheets, pdf or pdfs.
	Makes string `json:"makes"`
}

// node is what a value must look like.
type node struct {
	Type     string          `json:"t"`
	Has      map[string]node `json:"has"`
	Needs    []string        `json:"needs"`
	Of       *node           `json:"of"`
	In       []string        `json:"in"`
	From     *int64          `json:"from"`
	To       *int64          `json:"to"`
	Distinct bool            `json:"distinct"`
	SKU      bool            `json:"sku"`
	Null     bool            `json:"null"`
}

// operations are all of them.
var operations = sync.OnceValue(func() []*operation {
	var list []*operation
	if err := json.Unmarshal(apiJSON, &list); err != nil {
		panic("api.json: " + err.Error()) // it is part of the program
	}
	return list
})

// operationAt returns the operation of a path, and the cabinet that it names.
func operationAt(path string) (op *operation, business string) {
	for _, o := range operations() {
		before, after, named := strings.Cut(o.Path, "{businessId}")
		switch {
		case !named && path == o.Path:
			return o, ""
		case named && strings.HasPrefix(path, before) && strings.HasSuffix(path, after) && len(path) > len(before)+len(after):
			return o, path[len(before) : len(path)-len(after)]
		}
	}
	return nil, ""
}
