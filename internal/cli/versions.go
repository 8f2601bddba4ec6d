package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"reportsync/internal/export"
	"reportsync/internal/view"
)

func newVersionsCmd(a *app) *cobra.Command {
	var v vars
	cmd := &cobra.Command{
		Use:   "versions [ADDR]...",
		Short: "List known versions with their files",
		Example: `  reportsync versions
  reportsync versions 'planfix_report.weekly["Sales"]'
  reportsync versions -json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.runVersions(cmd.Context(), v, args) },
	}
	v.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON")
	return cmd
}

// versionDoc is a version in JSON output.
type versionDoc struct {
	Address   string               `json:"address"`
	Version   string               `json:"version"`
	Name      string               `json:"name,omitempty"`
	Status    export.VersionStatus `json:"status"`
	CreatedAt *time.Time           `json:"created_at"`
	FetchedAt *time.Time           `json:"fetched_at"`
	Period    *export.Period       `json:"period"`
	RequestID string               `json:"request_id,omitempty"`
	Rows      *int64               `json:"rows"`
	Manifest  string               `json:"manifest,omitempty"`
	Files     []fileDoc            `json:"files"`
}

type fileDoc struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Rows   *int64 `json:"rows"`
}

func (a *app) runVersions(ctx context.Context, v vars, args []string) (err error) {
	l, err := a.look(ctx, v)
	if err != nil {
		return err
	}
	defer closing(&err, l.close)
	list, err := l.instances(args)
	if err != nil {
		return err
	}
	if a.json {
		docs := []versionDoc{}
		for _, k := range list {
			for i := range k.Versions {
				docs = append(docs, newVersionDoc(k.Address, &k.Versions[i]))
			}
		}
		return l.view.Document(map[string]any{"format_version": "1.0", "versions": docs})
	}
	var rows [][]string
	for _, k := range list {
		for i := range k.Versions {
			kv := &k.Versions[i]
			rows = append(rows, []string{
				k.Address.String(), kv.ID, stamp(kv.CreatedAt), string(kv.Status), count(kv.Rows), size(kv.Artifacts), place(kv),
			})
		}
	}
	if len(rows) == 0 {
		l.view.Say("No versions yet. Run 'reportsync apply'.")
		return nil
	}
	l.view.Table([]string{"export", "version", "made", "status", "rows", "size", "file"}, rows, view.Right(4, 5))
	l.view.Say("Files are in %s.", l.root())
	return nil
}

func newVersionDoc(addr export.Address, k *export.KnownVersion) versionDoc {
	d := versionDoc{
		Address: addr.String(), Version: k.ID, Name: k.Name, Status: k.Status, CreatedAt: moment(k.CreatedAt), FetchedAt: moment(k.FetchedAt),
		Period: k.Period, RequestID: k.RequestID, Rows: known(k.Rows), Manifest: k.ManifestPath, Files: []fileDoc{},
	}
	if k.Status == export.Pruned {
		d.Rows = nil
	}
	for i := range k.Artifacts {
		f := &k.Artifacts[i]
		d.Files = append(d.Files, fileDoc{Path: f.Path, SHA256: f.SHA256, Size: f.Size, Rows: known(f.Rows)})
	}
	return d
}

// moment is a time for JSON, null when it is not known.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// known is a number for JSON, null when it is not known.
func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func count(n int64) string {
	if n < 0 {
		return ""
	}
	return view.Count(n)
}

func size(files []export.Artifact) string {
	if len(files) == 0 {
		return ""
	}
	var n int64
	for i := range files {
		n += files[i].Size
	}
	return view.Bytes(n)
}

// place is where a version's files are, or why there are none.
func place(k *export.KnownVersion) string {
	switch {
	case k.Damaged:
		return "damaged"
	case len(k.Artifacts) == 1:
		return k.Artifacts[0].Path
	case len(k.Artifacts) > 1:
		return k.Path + " and more"
	}
	return ""
}
