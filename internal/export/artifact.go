package export

import "time"

// Format is the shape of the files of an export.
type Format string

// The formats that exports are written in.
const (
	FormatCSV   Format = "csv"
	FormatJSONL Format = "jsonl"
	FormatRaw   Format = "raw"
)

// CSVOptions is the csv block of an export.
type CSVOptions struct {
	// Delimiter separates cells; 0 means a comma.
	Delimiter rune `json:"delimiter,omitempty"`
	// BOM puts a byte order mark in front, for spreadsheets that need one.
	BOM bool `json:"bom,omitempty"`
	// EscapeFormulas puts an apostrophe before cells that a spreadsheet would run.
	EscapeFormulas bool `json:"escape_formulas,omitempty"`
}

// Artifact is a local file made from a version.
type Artifact struct {
	// Path is relative to the export root, with forward slashes.
	Path string `json:"path"`
	// Sheet is the stem of the sheet, empty for a version of one sheet.
	Sheet string `json:"sheet,omitempty"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// Rows does not count the header; -1 for documents and raw parts.
	Rows int64 `json:"rows"`
	// SHA256 is the lower-case hex digest of the whole file.
	SHA256 string `json:"sha256"`
	// ModTime is the modification time seen after the file was made durable. It
	// only saves hashing: a file with the same size and time counts as whole.
	ModTime time.Time `json:"mod_time"`
	// Columns are the columns of the file, nil for documents.
	Columns []Column `json:"columns,omitempty"`
}

// Condition is what was found where an artifact should be.
type Condition string

// The conditions of a local file.
const (
	Whole   Condition = "whole"
	Missing Condition = "missing"
	Damaged Condition = "damaged"
)
