package view

import (
	"strings"

	"reportsync/internal/export"
)

// formatVersion is the version of the JSON documents made here.
const formatVersion = "1.0"

// VersionDoc is a known version as the JSON of versions shows it.
type VersionDoc struct {
	Address string `json:"address"`
	export.KnownVersion
}

// Versions shows the versions that the state knows, from old to new, and where
// their files are below root.
func (v *View) Versions(known []*export.Known, root string) error {
	if v.options.JSON {
		docs := []VersionDoc{}
		for _, k := range known {
			for i := range k.Versions {
				docs = append(docs, VersionDoc{k.Address.String(), k.Versions[i]})
			}
		}
		return v.Document(VersionsDoc{formatVersion, docs})
	}
	var rows [][]string
	for _, k := range known {
		for i := range k.Versions {
			rows = append(rows, append([]string{k.Address.String()}, v.versionCells(&k.Versions[i], root)...))
		}
	}
	if len(rows) == 0 {
		v.Say("No versions are known yet. They are recorded by apply.")
		return nil
	}
	v.Table(append([]string{"export"}, versionHeader...), rows, Right(4, 5), KeepEnds(0, 6))
	return nil
}

var versionHeader = []string{"version", "made", "status", "rows", "size", "files"}

func (v *View) versionCells(k *export.KnownVersion, root string) []string {
	made := v.stamp(k.CreatedAt)
	switch {
	case k.Period != nil:
		made = k.Period.Name
	case made == "" && k.CreatedRaw != "":
		made = k.CreatedRaw
	case made == "":
		made = v.stamp(k.FetchedAt)
	}
	status := string(k.Status)
	if k.Damaged {
		status = string(export.Damaged)
	}
	rows, size := "", ""
	if k.Status == export.Kept {
		if k.Rows >= 0 {
			rows = Count(k.Rows)
		}
		size = Bytes(total(k.Artifacts))
	}
	return []string{k.ID, made, status, rows, size, v.where(k.Artifacts, root)}
}

// VerifyRow is a file that was checked against the state.
type VerifyRow struct {
	Address   string           `json:"address"`
	Version   string           `json:"version"`
	Path      string           `json:"path"`
	Condition export.Condition `json:"condition"`
	// Detail says what differs.
	Detail string `json:"detail,omitempty"`
}

// Verify names every damaged and missing file, and counts the others.
func (v *View) Verify(files []VerifyRow) error {
	n := map[export.Condition]int{}
	var bad []VerifyRow
	for _, f := range files {
		n[f.Condition]++
		if f.Condition != export.Whole {
			bad = append(bad, f)
		}
	}
	if v.options.JSON {
		return v.Document(VerifyDoc{formatVersion, len(files), n[export.Whole], n[export.Damaged], n[export.Missing], append([]VerifyRow{}, files...)})
	}
	if len(bad) > 0 {
		var rows [][]string
		for _, f := range bad {
			rows = append(rows, []string{string(f.Condition), f.Path, f.Address, f.Version, f.Detail})
		}
		v.Table([]string{"condition", "file", "export", "version", "what differs"}, rows, KeepEnds(1, 2))
		v.print("\n")
	}
	found := []string{Count(int64(n[export.Whole])) + " whole"}
	for _, c := range []export.Condition{export.Damaged, export.Missing} {
		if n[c] > 0 {
			found = append(found, Count(int64(n[c]))+" "+string(c))
		}
	}
	v.Say("%s checked: %s.", plural(len(files), "file"), strings.Join(found, ", "))
	if len(bad) > 0 {
		v.Hint("apply repairs what the service still has.")
	}
	return nil
}

// Addresses lists addresses, one a line, for scripts.
func (v *View) Addresses(addrs []export.Address) {
	var b strings.Builder
	for _, a := range addrs {
		b.WriteString(v.text(a.String()) + "\n")
	}
	v.print(b.String())
}

// AddressList is Addresses as a command's whole output.
func (v *View) AddressList(addrs []export.Address) error {
	if !v.options.JSON {
		v.Addresses(addrs)
		return nil
	}
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return v.Document(AddressesDoc{formatVersion, texts})
}

// Instance shows what the state knows of one instance.
func (v *View) Instance(k *export.Known, root string) {
	var b strings.Builder
	b.WriteString(paint(bold, "# "+v.text(k.Address.String())) + "\n\n")
	facts := [][2]string{{"provider", k.Provider}, {"account", k.Account}}
	if k.PreventDestroy {
		facts = append(facts, [2]string{"prevent_destroy", "true"})
	}
	if k.OnDestroy != "" {
		facts = append(facts, [2]string{"on_destroy", k.OnDestroy})
	}
	for _, r := range k.Requests {
		facts = append(facts, [2]string{"open request", r.ID + ", started " + v.stamp(r.StartedAt)})
	}
	for _, in := range k.Intents {
		facts = append(facts, [2]string{"open intent", string(in.Kind) + ", asked for " + v.stamp(in.StartedAt)})
	}
	for _, f := range facts {
		if f[1] != "" {
			b.WriteString(pad(f[0], 15) + "  " + v.text(f[1]) + "\n")
		}
	}
	if len(k.Attributes) > 0 {
		b.WriteString(pad("arguments", 15) + "  " + v.text(string(v.redactJSON(k.Attributes, true))) + "\n")
	}
	if len(k.Versions) > 0 {
		var rows [][]string
		for i := range k.Versions {
			row := v.versionCells(&k.Versions[i], root)
			for j := range row {
				row[j] = v.text(row[j])
			}
			rows = append(rows, row)
		}
		b.WriteString("\n" + v.table(versionHeader, rows, Right(3, 4), KeepEnds(5)))
	}
	v.print(b.String())
}
