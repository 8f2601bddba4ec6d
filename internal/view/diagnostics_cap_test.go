package view_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"reportsync/internal/view"
)

func TestManyDiagnosticsAreCutShort(t *testing.T) {
	t.Parallel()
	var ds hcl.Diagnostics
	for i := range 100 {
		ds = append(ds, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: fmt.Sprintf("Mistake %d", i), Detail: "It is wrong."})
	}
	ds = append(ds, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Odd", Detail: "It is odd."})
	var out, err bytes.Buffer
	view.New(view.Streams{Out: &out, Err: &err}, view.Options{}).Diagnostics(ds, nil)
	text := err.String()
	if n := strings.Count(text, "Mistake"); n != 30 || !strings.Contains(text, "Odd") || !strings.Contains(text, "70 of them were left out") {
		t.Errorf("%d are shown:\n%s", n, text)
	}
}
