package view

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// VersionsDoc is the answer of versions and state show.
type VersionsDoc struct {
	FormatVersion string       `json:"format_version"`
	Versions      []VersionDoc `json:"versions"`
}

// HistoryDoc is the answer of history.
type HistoryDoc struct {
	FormatVersion string       `json:"format_version"`
	Runs          []HistoryRow `json:"runs"`
}

// VerifyDoc is the answer of verify.
type VerifyDoc struct {
	FormatVersion string      `json:"format_version"`
	Checked       int         `json:"checked"`
	Whole         int         `json:"whole"`
	Damaged       int         `json:"damaged"`
	Missing       int         `json:"missing"`
	Files         []VerifyRow `json:"files"`
}

// AddressesDoc is the answer of state list.
type AddressesDoc struct {
	FormatVersion string   `json:"format_version"`
	Addresses     []string `json:"addresses"`
}

// DoctorDoc is the answer of doctor.
type DoctorDoc struct {
	FormatVersion string      `json:"format_version"`
	Findings      []DoctorRow `json:"findings"`
}

// ValidationDoc is the answer of validate: Terraform's.
type ValidationDoc struct {
	Diagnostics   []Diagnostic `json:"diagnostics"`
	ErrorCount    int          `json:"error_count"`
	FormatVersion string       `json:"format_version"`
	Valid         bool         `json:"valid"`
	WarningCount  int          `json:"warning_count"`
}

// DocumentTables describes the members of every document as Markdown, for the
// reference page.
func DocumentTables() string {
	var b strings.Builder
	for _, d := range []struct {
		commands string
		doc      any
	}{
		{"show PLANFILE", PlanDoc{}},
		{"show", StateDoc{}},
		{"output", map[string]outputJSON{}},
		{"validate", ValidationDoc{}},
		{"state list", AddressesDoc{}},
		{"versions` and `state show", VersionsDoc{}},
		{"history", HistoryDoc{}},
		{"verify", VerifyDoc{}},
		{"doctor", DoctorDoc{}},
	} {
		fmt.Fprintf(&b, "\n### `%s`\n\n| member | type |\n|---|---|\n", d.commands)
		memberRows(&b, "", reflect.TypeOf(d.doc))
	}
	return b.String()
}

// memberRows writes a row for each member of a document, and below it those of what it
// holds.
func memberRows(b *strings.Builder, path string, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		memberRows(b, path, t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 {
			memberRows(b, path+"[]", t.Elem())
		}
	case reflect.Map:
		memberRows(b, strings.TrimPrefix(path+".NAME", "."), t.Elem())
	case reflect.Struct:
		if written(t) {
			return
		}
		for i := range t.NumField() {
			memberRow(b, path, t.Field(i))
		}
	default:
	}
}

func memberRow(b *strings.Builder, path string, f reflect.StructField) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name == "-" || !f.IsExported():
		return
	case name == "" && f.Anonymous:
		memberRows(b, path, f.Type)
		return
	case name == "":
		name = f.Name
	}
	if path != "" {
		name = path + "." + name
	}
	text := kind(f.Type)
	if strings.Contains(options, "omit") {
		text += ", left out when there is none"
	}
	fmt.Fprintf(b, "| `%s` | %s |\n", name, text)
	memberRows(b, name, f.Type)
}

// written reports whether a type is written as a text or as what it holds.
func written(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t.Implements(reflect.TypeFor[json.Marshaler]()) ||
		reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
}

// kind is the type of a member in JSON's words.
func kind(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "time (RFC 3339)"
	case t == reflect.TypeFor[json.RawMessage](), t.Kind() == reflect.Interface:
		return "any"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kind(t.Elem()) + " or null"
	case reflect.Slice, reflect.Array:
		return "list of " + kind(t.Elem())
	case reflect.Map:
		return "object of " + kind(t.Elem())
	case reflect.Struct:
		return "object"
	case reflect.Bool:
		return "bool"
	case reflect.String:
		return "string"
	default:
		return "number"
	}
}
