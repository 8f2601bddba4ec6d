package tracker

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
)

const built = 13 * time.Second

func TestAttachmentsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for profile, status := range map[string]int{"off": 404, "400": 400, "405": 405} {
		g, address := made(t, "attachments="+profile)
		g.Clock.Advance(built)
		g.get(address+"/attachments").fails(status, "")
		if got := g.get(address + "?expand=attachments").object(); got["attachments"] != nil {
			t.Errorf("%s: %v", profile, got)
		}
	}
	g, address := made(t, "attachments=never")
	g.Clock.Advance(time.Hour)
	if got := g.get(address + "/attachments"); got.raw != "[]" {
		t.Error(got.raw)
	}
	if got := g.get(address + "?expand=attachments"); !strings.HasSuffix(got.raw, `"attachments":[]}`) {
		t.Error(got.raw)
	}
	g.get("/v2/metaEntities/reports/61/attachments").fails(404, "")
	g.get(entities+"999/attachments").fails(404, "")
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	g, address := made(t, "attachments=on", "meta-entities=on")
	if got := g.get(address + "/attachments"); got.raw != "[]" {
		t.Errorf("it is built at once: %s", got.raw)
	}
	g.Clock.Advance(built)
	files := g.get(address + "/attachments").rows()
	if len(files) != 1 || files[0]["name"] != "report-61.csv" || files[0]["mimetype"] != "text/csv" || !isHexID(files[0]["id"].(string)) {
		t.Fatalf("%v", files)
	}
	content := files[0]["content"].(string)
	base, err := url.Parse(g.URL)
	if err != nil {
		t.Fatal(err)
	}
	path, ours := strings.CutPrefix(content, base.Host+"/"+Provider)
	if !ours {
		t.Fatalf("content is %s", content)
	}
	got := g.get(path).ok()
	if float64(len(got.raw)) != files[0]["size"] || got.header.Get("Content-Type") != "text/csv" || !strings.Contains(got.header.Get("Content-Disposition"), "report-61.csv") {
		t.Errorf("%d bytes, %v", len(got.raw), got.header)
	}
	for _, same := range []string{g.get(address + "?expand=attachments").raw, g.get("/v2/metaEntities/reports/61/attachments").raw} {
		if !strings.Contains(same, content) {
			t.Errorf("%s", same)
		}
	}
	g.get("/v2/attachments/"+strings.Repeat("0", 24)+"/x").fails(404, "")
}

func TestContentProfiles(t *testing.T) {
	t.Parallel()
	g, address := made(t, "attachments=on", "content=ui")
	g.Clock.Advance(built)
	if content := g.get(address + "/attachments").rows()[0]["content"].(string); !strings.HasPrefix(content, "tracker.yandex.ru/") {
		t.Errorf("content is %s", content)
	}
	g, address = made(t, "attachments=on", "content=gone")
	g.Clock.Advance(built)
	_, path, _ := strings.Cut(g.get(address + "/attachments").rows()[0]["content"].(string), "/"+Provider)
	g.get(path).fails(404, "")
}

func TestAttachmentsThatAreTheFile(t *testing.T) {
	t.Parallel()
	g, address := made(t, "attachments=file")
	if got := g.get(address + "/attachments"); got.raw != "[]" {
		t.Errorf("%s", got.raw)
	}
	g.Clock.Advance(built)
	if got := g.get(address + "/attachments").ok(); got.header.Get("Content-Type") != "text/csv" || !strings.HasPrefix(got.raw, "\ufeffКлюч;") {
		t.Errorf("%v %.60s", got.header, got.raw)
	}
}

// file creates a report and returns its file.
func (g *org) file(format, filter, columns string) string {
	g.t.Helper()
	id := g.post(entities, `{"fields":{"summary":"x","parameters":{"type":"issueFilterExport","format":"`+format+`","filter":`+filter+columns+`}}}`).object()["id"].(string)
	g.Clock.Advance(built)
	return g.get(entities + id + "/attachments").ok().raw
}

func TestFileFormats(t *testing.T) {
	t.Parallel()
	g := newOrg(t, "attachments=file")
	const filter, columns = `{"query":"Queue: TREK","sorts":[{"orderBy":"created","orderAsc":true}]}`, `,"fields":["key","tags","69f66b9ef4141b7ae87d4e6e--actualAmountOfHours","assignee","0123456789abcdef01234567--x"]`
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(g.file("csv", filter, columns), "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	total := int(decodeAs[float64](g.post(count, query("Queue: TREK"))))
	if len(rows)-1 != total || rows[0][0] != "Ключ" || !strings.HasPrefix(rows[1][0], "TREK-") {
		t.Errorf("%d rows of %d, %v", len(rows)-1, total, rows[:2])
	}

	var doc struct {
		Issues []struct {
			Fields []struct {
				Name string `xml:"name,attr"`
				Text string `xml:",chardata"`
			} `xml:"field"`
		} `xml:"issue"`
	}
	if err := xml.Unmarshal([]byte(g.file("xml", filter, columns)), &doc); err != nil || len(doc.Issues) != total || doc.Issues[0].Fields[0].Text != rows[1][0] {
		t.Errorf("%v, %d issues", err, len(doc.Issues))
	}

	book := g.file("xlsx", filter, columns)
	z, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(sheet)
	if err != nil || bytes.Count(raw, []byte("<row>")) != len(rows) || !strings.HasPrefix(book, "PK") {
		t.Errorf("%v, %d rows", err, bytes.Count(raw, []byte("<row>")))
	}
}

// What the owners of queues keep out of reports is missing without a word.
func TestFileLeavesHiddenQueuesOut(t *testing.T) {
	t.Parallel()
	g := newOrg(t, "attachments=file")
	if n := decodeAs[float64](g.post(count, query("Queue: HR"))); n == 0 {
		t.Fatal("the queue is empty")
	}
	if got := g.file("csv", `{"query":"Queue: HR"}`, ""); strings.Count(got, "\n") != 1 || !strings.Contains(got, "Статус") {
		t.Errorf("%.300s", got)
	}
}

// A report is what was there when it was created.
func TestFileIsASnapshot(t *testing.T) {
	t.Parallel()
	g, address := made(t, "attachments=file")
	g.Clock.Advance(built)
	before := g.get(address + "/attachments").raw
	g.Clock.Advance(48 * time.Hour)
	if after := g.get(address + "/attachments").raw; after != before {
		t.Error("the file has changed")
	}
}
