package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"reportsync/internal/export"
)

// UIVersion is the version of the machine-readable UI that the events follow.
const UIVersion = "1.2"

const module = "reportsync.ui"

const (
	levelInfo  = "info"
	levelWarn  = "warn"
	levelError = "error"
)

// field is a member of an event; events keep their members in order.
type field struct {
	key   string
	value any
}

// emit writes one event. Values may hold foreign text as it is: encoding makes
// it harmless without losing any of it. The message is for people, and clean.
func (v *View) emit(level, kind, message string, fields ...field) {
	line := []byte(`{"@level":"` + level + `","@message":`)
	line = append(line, v.redactJSON(encodeJSON(message), false)...)
	line = append(line, `,"@module":"`+module+`","@timestamp":"`...)
	line = v.options.Now().AppendFormat(line, "2006-01-02T15:04:05.000000Z07:00")
	line = append(line, `","type":"`+kind+`"`...)
	for _, f := range fields {
		line = append(line, `,"`+f.key+`":`...)
		line = append(line, v.redactJSON(encodeJSON(f.value), false)...)
	}
	line = append(line, '}', '\n')
	v.write(v.streams.Out, string(line))
}

// Document prints one JSON document on one line: what commands with -json answer
// that are no runs. Keys are ours; values are redacted.
func (v *View) Document(doc any) error {
	b, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	v.write(v.streams.Out, string(v.redactJSON(encodeJSON(json.RawMessage(b)), false))+"\n")
	return nil
}

// Version is the first line of a run with JSON output.
func (v *View) Version(version string) {
	if !v.options.JSON {
		return
	}
	v.emit(levelInfo, "version", "reportsync "+Clean(version), field{"reportsync", version}, field{"ui", UIVersion})
}

// RunSummary is the last line of a run with JSON output, whatever happened. All
// but the exit code are left out where they are not known.
type RunSummary struct {
	ExitCode int            `json:"exit_code"`
	Command  string         `json:"command,omitempty"`
	Outcomes map[string]int `json:"outcomes,omitempty"`
	Requests int            `json:"requests,omitempty"`
	Bytes    int64          `json:"bytes,omitempty"`
	Seconds  float64        `json:"elapsed_seconds,omitempty"`
}

// RunSummary prints the last line of a run; without JSON it prints nothing.
func (v *View) RunSummary(s RunSummary) {
	if !v.options.JSON {
		return
	}
	level := levelInfo
	if s.ExitCode != 0 {
		level = levelError
	}
	v.emit(level, "run_summary", fmt.Sprintf("Ended with exit code %d", s.ExitCode), field{"run_summary", s},
		field{"exit_code", s.ExitCode})
}

// encodeJSON encodes a value that is known to be encodable. Characters that a
// terminal would act on are escaped, which loses nothing.
func encodeJSON(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		b.Reset()
		fmt.Fprintf(&b, "%q\n", "not encodable: "+Clean(err.Error()))
	}
	return escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
}

func escapeJSON(doc []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(doc); {
		if c := doc[i]; c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(doc[i:])
		if unsafe(r, size) && r != utf8.RuneError {
			out = append(out, doc[from:i]...)
			if r > 0xffff {
				r -= 0x10000
				out = appendU(out, 0xd800+r>>10)
				r = 0xdc00 + r&0x3ff
			}
			out = appendU(out, r)
			from = i + size
		}
		i += size
	}
	if out == nil {
		return doc
	}
	return append(out, doc[from:]...)
}

func appendU(out []byte, r rune) []byte {
	return append(out, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
}

// resourceJSON names an instance as Terraform's events do.
type resourceJSON struct {
	Addr            string  `json:"addr"`
	Module          string  `json:"module"`
	Resource        string  `json:"resource"`
	ImpliedProvider string  `json:"implied_provider"`
	Type            string  `json:"resource_type"`
	Name            string  `json:"resource_name"`
	Key             *string `json:"resource_key"`
}

// resource describes an instance. provider is the configuration that serves it;
// where it is not known the name follows from the type.
func resource(a export.Address, provider string) resourceJSON {
	r := resourceJSON{Addr: a.String(), Resource: a.String(), ImpliedProvider: impliedProvider(a.Type, provider), Type: a.Type, Name: a.Name}
	if a.HasKey {
		r.Key = &a.Key
	}
	return r
}

func impliedProvider(typ, provider string) string {
	if provider != "" {
		name, _, _ := strings.Cut(provider, ".")
		return name
	}
	if i := strings.LastIndexByte(typ, '_'); i > 0 {
		return typ[:i]
	}
	return typ
}
