// Package view holds everything that reportsync shows: plan text, tables,
// progress, diagnostics, outputs, questions, and JSON lines.
//
// All of it passes one gate, the [View]. Text that came from a service or a
// configuration is cleaned where it enters a line, so that no name can move the
// cursor, hide text, or fake a line of ours; secrets are replaced there too,
// before anything is wrapped or cut, and once more when the finished text is
// written. Colours are private marks until that last moment: whatever is not
// one of our marks cannot become an escape sequence.
//
// With Options.JSON each line on stdout is one JSON object, in the shape of
// Terraform's machine-readable UI, schema 1.2. Without it people read: answers
// go to stdout, diagnostics to stderr, and nothing needs colour to be understood.
//
// The package decides nothing. It is told what happened and what is planned, and
// it refuses to know why: it opens no file, asks no environment, and looks at no
// clock and no terminal other than the ones it was handed.
package view
