package config

import (
	"maps"
	"slices"

	"reportsync/internal/schema"
)

// catalog indexes the schemas.
type catalog struct {
	providers map[string]*schema.Provider
	exports   map[string]exportType
	data      map[string]dataType
}

type exportType struct {
	provider *schema.Provider
	*schema.Export
	shape *shape
}

type dataType struct {
	provider *schema.Provider
	*schema.Data
	shape *shape
}

func newCatalog(list []schema.Provider) *catalog {
	c := &catalog{
		providers: make(map[string]*schema.Provider, len(list)),
		exports:   map[string]exportType{},
		data:      map[string]dataType{},
	}
	for i := range list {
		p := &list[i]
		c.providers[p.Name] = p
		for j := range p.Exports {
			e := &p.Exports[j]
			c.exports[e.Type] = exportType{p, e, newShape(&e.Body, exportCommon, exportMeta)}
		}
		for j := range p.Data {
			d := &p.Data[j]
			c.data[d.Type] = dataType{p, d, newShape(&d.Body, nil, dataMeta)}
		}
	}
	return c
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
