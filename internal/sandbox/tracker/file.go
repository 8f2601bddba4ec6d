package tracker

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// file makes the file of a report from the issues of the moment at which it was
// created, without those that the owners of their queues keep out of reports.
func (s *Service) file(r *report, p *parameters) ([]byte, error) {
	sel, ref := p.Filter.selection()
	if ref != nil {
		return nil, ref
	}
	snap := s.world.at(s.world.events(r.At))
	list, ref := s.matching(sel, snap, r.At, r.Author)
	if ref != nil {
		return nil, ref
	}
	var order []sort
	for _, o := range p.Filter.Sorts {
		if f := column(o.By); f != nil {
			order = append(order, sort{field: f, down: !o.Up})
		}
	}
	slices.SortStableFunc(list, func(a, b *issue) int { return s.world.order(order, a, b) })
	t := &teller{world: s.world, snapshot: snap, version: 2}
	names := p.Fields
	if names == nil {
		names = []string{"key", "summary", "status"}
	}
	rows := [][]string{{}}
	for _, name := range names {
		if f := column(name); f != nil {
			name = f.name.in(ru)
		}
		rows[0] = append(rows[0], name)
	}
	for _, i := range list {
		if queues[i.queue].hidden {
			continue
		}
		row := make([]string, len(names))
		for n, name := range names {
			if f := column(name); f != nil {
				row[n] = flat(t.value(f, i))
			}
		}
		rows = append(rows, row)
	}
	var b bytes.Buffer
	err := map[string]func(io.Writer, [][]string) error{"csv": writeCSV, "xml": writeXML, "xlsx": writeXLSX}[p.Format](&b, rows)
	return b.Bytes(), err
}

// flat is a value as one text.
func flat(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case object:
		for _, m := range v {
			if m.key == "display" {
				return flat(m.value)
			}
		}
		return ""
	case []object:
		var list []string
		for _, o := range v {
			list = append(list, flat(o))
		}
		return strings.Join(list, ", ")
	case []string:
		return strings.Join(v, ", ")
	case string:
		return v
	}
	return string(appendJSON(nil, v))
}

func writeCSV(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.Comma = ';'
	return c.WriteAll(rows)
}

func writeXML(w io.Writer, rows [][]string) error {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<issues>\n")
	for _, row := range rows[1:] {
		b.WriteString("<issue>")
		for n, cell := range row {
			b.WriteString(`<field name="`)
			_ = xml.EscapeText(&b, []byte(rows[0][n])) // a buffer takes everything
			b.WriteString(`">`)
			_ = xml.EscapeText(&b, []byte(cell))
			b.WriteString("</field>")
		}
		b.WriteString("</issue>\n")
	}
	b.WriteString("</issues>\n")
	_, err := b.WriteTo(w)
	return err
}

// writeXLSX writes the least that programs take for a workbook.
func writeXLSX(w io.Writer, rows [][]string) error {
	const ooxml = "http://schemas.openxmlformats.org/"
	var sheet bytes.Buffer
	sheet.WriteString(xml.Header + `<worksheet xmlns="` + ooxml + `spreadsheetml/2006/main"><sheetData>`)
	for _, row := range rows {
		sheet.WriteString("<row>")
		for _, cell := range row {
			sheet.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
			_ = xml.EscapeText(&sheet, []byte(cell))
			sheet.WriteString("</t></is></c>")
		}
		sheet.WriteString("</row>")
	}
	sheet.WriteString("</sheetData></worksheet>")
	z := zip.NewWriter(w)
	for _, f := range []struct{ name, text string }{
		{"[Content_Types].xml", xml.Header + `<Types xmlns="` + ooxml + `package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", xml.Header + `<Relationships xmlns="` + ooxml + `package/2006/relationships"><Relationship Id="rId1" Type="` + ooxml + `officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", xml.Header + `<workbook xmlns="` + ooxml + `spreadsheetml/2006/main" xmlns:r="` + ooxml + `officeDocument/2006/relationships"><sheets><sheet name="Issues" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", xml.Header + `<Relationships xmlns="` + ooxml + `package/2006/relationships"><Relationship Id="rId1" Type="` + ooxml + `officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", sheet.String()},
	} {
		part, err := z.Create(f.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, f.text); err != nil {
			return err
		}
	}
	return z.Close()
}
