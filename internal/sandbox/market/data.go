package market

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// historyMonths is how long the cabinet has existed.
	historyMonths = 36
	// monthReady is how many days after its end a month is there.
	monthReady = 5
	// lateness is how long after a day the last of its rows come in.
	lateness = 48 * time.Hour
)

// columns are what the sheets have, by the two ways in which they are named.
var (
	csvColumns  = []string{"DAY", "SHOP_ID", "ORDER_ID", "OFFER_ID", "OFFER_NAME", "COUNT", "PRICE", "STATUS", "UPDATED_AT"}
	jsonColumns = []string{"day", "shopId", "orderId", "offerId", "offerName", "count", "price", "status", "updatedAt"}
)

// sheets are the stems of what a report has.
func sheetsOf(name string) []string {
	for _, o := range operations() {
		if o.Name == name && len(o.Files) > 0 {
			return o.Files
		}
	}
	return []string{name}
}

// days are the days of a report for which there is data at a time.
func (s *Service) days(r *report) []time.Time {
	from, _ := time.ParseInLocation(time.DateOnly, r.Ask.From, moscow)
	to, _ := time.ParseInLocation(time.DateOnly, r.Ask.To, moscow)
	if r.Ask.Whole && r.At.Before(to.AddDate(0, 0, 1+monthReady)) {
		return nil
	}
	first := day(s.env.Memory.Born()).AddDate(0, -historyMonths, 0)
	var out []time.Time
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		if !d.Before(first) && !d.AddDate(0, 0, 1).After(r.At) {
			out = append(out, d)
		}
	}
	return out
}

// count is how many rows a sheet has for a day and a shop. The last sheets of a report
// with many are often without any.
func (s *Service) count(r *report, sheet int, d time.Time, shop int64) int {
	base := s.opt.number(swRows)
	if base == 0 {
		return 0
	}
	x := mix(s.env.Memory.Seed(), uint64(d.Unix()/86400), uint64(shop), uint64(sheet), nameHash(r.Name))
	if sheet > 1 && x%4 != 0 {
		return 0
	}
	return base/2 + int(x>>8%uint64(base)) + 1
}

func nameHash(s string) (h uint64) {
	for _, b := range []byte(s) {
		h = h*1099511628211 + uint64(b)
	}
	return h
}

func mix(parts ...uint64) uint64 {
	var z uint64
	for _, p := range parts {
		z += p + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}

// late reports whether a row of a day is not there yet at a time.
func late(x uint64, d, at time.Time) bool {
	if x%3 != 0 {
		return false
	}
	return at.Before(d.AddDate(0, 0, 1).Add(time.Duration(x % uint64(lateness))))
}

var (
	offers   = []string{"Мяч «Чемпион»", "Кукла, 30 см", "Набор \"Юный химик\"", "Пазл; 1000 деталей", "Робот\nна батарейках", "Машинка"}
	statuses = []string{"DELIVERED", "PROCESSING", "CANCELLED", "RETURNED"}
)

// rows calls row for each row of a sheet.
func (s *Service) rows(r *report, sheet int, row func(cells []string)) {
	for _, d := range s.days(r) {
		for _, shop := range r.Ask.Shops {
			for i := range s.count(r, sheet, d, shop) {
				x := mix(uint64(d.Unix()), uint64(shop), uint64(sheet), uint64(i), nameHash(r.Name))
				if late(x, d, r.At) {
					continue
				}
				row([]string{
					d.Format("02.01.2006"), strconv.FormatInt(shop, 10), strconv.FormatUint(1_000_000+x%9_000_000, 10), fmt.Sprintf("sku-%d", x%97),
					offers[x%uint64(len(offers))], strconv.FormatUint(1+x%5, 10), fmt.Sprintf("%d.%02d", 100+x%5000, x%100),
					statuses[x%4], d.Add(time.Duration(x%86400) * time.Second).Format(time.DateTime),
				})
			}
		}
	}
}

// rowsOf counts the rows of all sheets. Documents count as one where they exist.
func (s *Service) rowsOf(r *report) int {
	n := 0
	if r.Format == "" {
		if !r.Ask.Whole || len(s.days(r)) > 0 {
			n = 1
		}
		return n
	}
	for i := range sheetsOf(r.Name) {
		s.rows(r, i, func([]string) { n++ })
	}
	return n
}

// pdf is the smallest document that counts as one.
func pdf(title string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% " + title + "\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

type member struct {
	name string
	body []byte
}

func archive(members ...member) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(m.body); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// file makes the file of a report.
func (s *Service) file(r *report, fault string) ([]byte, error) {
	switch fault {
	case faultLogin:
		return []byte("<!DOCTYPE html><html><head><title>Авторизация</title></head></html>"), nil
	case faultWrong:
		return []byte("upstream request timeout"), nil
	case faultSlip:
		return archive(member{"../../evil.csv", []byte("A\n1\n")})
	case faultBomb:
		return archive(member{"bomb.csv", []byte("A\n" + strings.Repeat("0", 16<<20))})
	}
	b, err := s.whole(r, fault)
	switch {
	case err != nil:
		return nil, err
	case fault == faultHalf:
		b = b[:len(b)/2]
	case fault == faultSum:
		if at := bytes.LastIndex(b, []byte("PK\x01\x02")); at >= 0 {
			b = slices.Clone(b)
			b[at+16] ^= 0xff
		}
	}
	return b, nil
}

func (s *Service) whole(r *report, fault string) ([]byte, error) {
	var op *operation
	for _, o := range operations() {
		if o.Name == r.Name {
			op = o
		}
	}
	switch op.Makes {
	case "pdf":
		return pdf(r.Name), nil
	case "pdfs":
		return archive(member{"act.pdf", pdf("act " + r.Ask.From)}, member{"invoice.pdf", pdf("invoice " + r.Ask.From)})
	}
	if r.Format == "FILE" {
		return s.workbook(r)
	}
	var members []member
	for i, stem := range sheetsOf(r.Name) {
		m, rows, err := s.sheet(r, i, stem, fault == faultColumns)
		if err != nil {
			return nil, err
		}
		if rows == 0 && i%3 == 2 {
			continue // some sheets without rows are left out
		}
		if rows == 0 && i%3 == 1 && i > 1 {
			m.body = nil // others are empty
		}
		members = append(members, m)
	}
	return archive(members...)
}

// sheet makes one sheet and tells how many rows it has.
func (s *Service) sheet(r *report, i int, stem string, changed bool) (member, int, error) {
	var b bytes.Buffer
	n := 0
	names := csvColumns
	if r.Format == "JSON" {
		names = jsonColumns
	}
	names = slices.Clone(names)
	if changed {
		names[7] += "_V2"
	}
	if r.Format == "JSON" {
		list := []json.RawMessage{}
		var err error
		s.rows(r, i, func(cells []string) {
			n++
			var row bytes.Buffer
			for j, name := range names {
				value := any(cells[j])
				if name == "count" || name == "price" {
					value = json.Number(cells[j])
				}
				text, e := json.Marshal(value)
				if e != nil {
					err = e
				}
				fmt.Fprintf(&row, "%c%q:%s", "{,"[min(j, 1)], name, text)
			}
			row.WriteByte('}')
			list = append(list, row.Bytes())
		})
		if err != nil {
			return member{}, 0, err
		}
		var whole any = list
		if s.opt.is(swShape, "object") {
			whole = object{"rows": list}
		}
		text, err := json.Marshal(whole)
		return member{stem + ".json", text}, n, err
	}
	if s.opt.is(swMark, on) {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	if err := w.Write(names); err != nil {
		return member{}, 0, err
	}
	var err error
	s.rows(r, i, func(cells []string) {
		n++
		if e := w.Write(cells); e != nil {
			err = e
		}
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return member{stem + ".csv", b.Bytes()}, n, err
}

// workbook makes a file that looks like a workbook from the outside.
func (s *Service) workbook(r *report) ([]byte, error) {
	var sheet bytes.Buffer
	_, _ = io.WriteString(&sheet, `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	for i := range sheetsOf(r.Name) {
		s.rows(r, i, func(cells []string) {
			fmt.Fprintf(&sheet, "<row><c t=\"inlineStr\"><is><t>%s</t></is></c></row>", cells[2])
		})
	}
	_, _ = io.WriteString(&sheet, `</sheetData></worksheet>`)
	return archive(
		member{"[Content_Types].xml", []byte(`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`)},
		member{"xl/workbook.xml", []byte(`<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`)},
		member{"xl/worksheets/sheet1.xml", sheet.Bytes()},
	)
}
