package view

import (
	"strings"
	"time"
)

// DoctorRow is what was found out about one thing.
type DoctorRow struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Facts are sentences about what is well or odd; Problem is why it is not OK.
	Facts   []string      `json:"facts,omitempty"`
	Problem string        `json:"problem,omitempty"`
	Hint    string        `json:"hint,omitempty"`
	Took    time.Duration `json:"-"`
	TookMS  int64         `json:"took_ms"`
}

// Doctor shows the findings.
func (v *View) Doctor(rows []DoctorRow) error {
	if v.options.JSON {
		for i := range rows {
			rows[i].TookMS = rows[i].Took.Milliseconds()
		}
		return v.Document(DoctorDoc{formatVersion, rows})
	}
	var b strings.Builder
	for _, r := range rows {
		mark := paint(green, "ok ")
		if !r.OK {
			mark = paint(red, "bad")
		}
		b.WriteString(mark + " " + v.text(r.Name))
		if r.Took > 0 {
			b.WriteString(" (" + Duration(r.Took) + ")")
		}
		b.WriteByte('\n')
		if r.Problem != "" {
			b.WriteString("    " + v.text(r.Problem) + "\n")
		}
		if r.Hint != "" {
			b.WriteString("    " + v.text(r.Hint) + "\n")
		}
		for _, f := range r.Facts {
			b.WriteString("    " + v.text(f) + "\n")
		}
	}
	v.print(b.String())
	return nil
}
