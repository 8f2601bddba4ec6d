package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/zclconf/go-cty/cty"

	"reportsync/internal/export"
	"reportsync/internal/schema"
)

// noSelf is given to preconditions, which cannot refer to self.
var noSelf = cty.NilVal

// publish makes an instance's attributes visible to expressions. When work is
// pending, what it will change is unknown.
func (r *Run) publish(in *instance, pending bool) {
	v := r.value(in, pending)
	r.evalMu.Lock()
	defer r.evalMu.Unlock()
	r.eval.SetExport(in.cfg.Address, v)
}

var (
	fileType = cty.Object(map[string]cty.Type{
		"path": cty.String, "sheet": cty.String, "size": cty.Number, "rows": cty.Number, "sha256": cty.String,
		"columns": cty.List(cty.String),
	})
	versionType = cty.Object(map[string]cty.Type{
		"id": cty.String, "name": cty.String, "created_at": cty.String, "period": cty.String,
		"rows": cty.Number, "path": cty.String, "sha256": cty.String, "files": cty.List(fileType),
		"columns": cty.List(cty.String),
	})
)

// noVersion is what latest is before there is a version: its attributes can be
// referred to, and are null.
var noVersion = func() cty.Value {
	attrs := map[string]cty.Value{}
	for name, t := range versionType.AttributeTypes() {
		attrs[name] = cty.NullVal(t)
	}
	attrs["files"], attrs["columns"] = cty.ListValEmpty(fileType), columnNames(nil)
	return cty.ObjectVal(attrs)
}()

// value is the object that expressions see for an instance: id, versions, latest,
// and the attributes of its type.
func (r *Run) value(in *instance, pending bool) cty.Value {
	attrs := map[string]cty.Value{"id": cty.StringVal(in.cfg.Address.String())}
	known := r.known(in.cfg.Address)
	extra := r.results(in)
	for name, res := range extra {
		attrs[name] = cty.UnknownVal(res.Type)
	}
	if pending {
		attrs["versions"] = cty.UnknownVal(cty.List(versionType))
		attrs["latest"] = cty.UnknownVal(versionType)
	} else {
		attrs["versions"], attrs["latest"] = versionValues(known)
		for name, res := range extra {
			attrs[name] = cty.NullVal(res.Type)
		}
		if latest := known.Latest(); latest != nil {
			setString(attrs, extra, "request_id", latest.RequestID)
		}
		if o := newestObject(known); o != nil {
			setString(attrs, extra, "report_id", o.ID)
			for name := range extra {
				setString(attrs, extra, name, o.Meta[name])
			}
		}
	}
	for name := range extra {
		setString(attrs, extra, name, in.cfg.Args.String(name))
		if in.observed != nil {
			setString(attrs, extra, name, in.observed.Resolved[name])
		}
	}
	return cty.ObjectVal(attrs)
}

func setString(attrs map[string]cty.Value, extra map[string]schema.Result, name, s string) {
	if res, ok := extra[name]; ok && res.Type == cty.String && s != "" {
		attrs[name] = cty.StringVal(s)
	}
}

// results are the attributes that the instance's type has beyond the common ones.
func (r *Run) results(in *instance) map[string]schema.Result {
	if in.acct == nil || in.acct.typ == nil {
		return nil
	}
	i := slices.IndexFunc(in.acct.typ.Schema.Exports, func(e schema.Export) bool { return e.Type == in.cfg.Address.Type })
	if i < 0 {
		return nil
	}
	return maps.Clone(in.acct.typ.Schema.Exports[i].Result)
}

func versionValues(known *export.Known) (list, latest cty.Value) {
	latest = noVersion
	var all []cty.Value
	if known != nil {
		for i := range known.Versions {
			if k := &known.Versions[i]; k.Status == export.Kept || k.Status == export.Remote {
				latest = versionValue(k)
				all = append(all, latest)
			}
		}
	}
	if len(all) == 0 {
		return cty.ListValEmpty(versionType), latest
	}
	return cty.ListVal(all), latest
}

func versionValue(k *export.KnownVersion) cty.Value {
	files := make([]cty.Value, 0, len(k.Artifacts))
	path, sum, columns := k.Path, "", columnNames(nil)
	for i := range k.Artifacts {
		a := &k.Artifacts[i]
		files = append(files, cty.ObjectVal(map[string]cty.Value{
			"path": cty.StringVal(a.Path), "sheet": cty.StringVal(a.Sheet), "size": cty.NumberIntVal(a.Size),
			"rows": cty.NumberIntVal(a.Rows), "sha256": cty.StringVal(a.SHA256), "columns": columnNames(a),
		}))
	}
	if len(k.Artifacts) == 1 {
		path, sum, columns = k.Artifacts[0].Path, k.Artifacts[0].SHA256, columnNames(&k.Artifacts[0])
	}
	list := cty.ListValEmpty(fileType)
	if len(files) > 0 {
		list = cty.ListVal(files)
	}
	period, created := "", ""
	if k.Period != nil {
		period = k.Period.Name
	}
	if !k.CreatedAt.IsZero() {
		created = k.CreatedAt.UTC().Format(time.RFC3339)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"id": cty.StringVal(k.ID), "name": cty.StringVal(k.Name), "created_at": cty.StringVal(created),
		"period": cty.StringVal(period), "rows": cty.NumberIntVal(k.Rows), "path": cty.StringVal(path),
		"sha256": cty.StringVal(sum), "files": list, "columns": columns,
	})
}

// columnNames are the names of a file's columns, none for no file.
func columnNames(a *export.Artifact) cty.Value {
	if a == nil || len(a.Columns) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	names := make([]cty.Value, len(a.Columns))
	for i := range a.Columns {
		names[i] = cty.StringVal(a.Columns[i].Name)
	}
	return cty.ListVal(names)
}
