package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"reportsync/internal/artifact"
	"reportsync/internal/export"
	"reportsync/internal/view"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	vars
	keys     string
	limit    int
	markdown bool
}

func newDiffCmd(a *app) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff ADDR [FROM [TO]]",
		Short: "Show which rows two versions do not share",
		Long: `diff compares the local files of two versions of an instance: without FROM the two
newest, without TO with the newest. With -key rows are matched by those columns, and
can be changed; without it whole rows are compared, which are added and removed only.
Columns are matched by name, and sheets too. Nothing is asked of a service, and the
files may be of any size.`,
		Example: `  reportsync diff planfix_report.leads
  reportsync diff -key=ID 'planfix_report.weekly["Sales"]' 5388 5391
  reportsync diff -json -key=Shop,SKU yandex_market_report.stocks`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 3 {
				return usage("Give an address, and perhaps one or two versions: see 'reportsync versions'.", "diff needs 1 to 3 arguments, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.runDiff(cmd.Context(), o, args) },
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.keys, "key", "", "columns that tell which row is which: COL,COL")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "how many rows to show; all are counted, and -json has all of them")
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, "print Markdown")
	cmd.Flags().BoolVar(&a.json, "json", false, "print JSON, a line for each row")
	return cmd
}

func (a *app) runDiff(ctx context.Context, o diffOptions, args []string) error {
	if o.limit < 0 {
		return usage("Give 0 or more.", "-limit: %d is not a number of rows", o.limit)
	}
	if o.markdown && a.json {
		return usage("Choose one of them.", "-markdown and -json exclude each other")
	}
	keys, err := keyColumns(o.keys)
	if err != nil {
		return err
	}
	return a.withInstances(ctx, o.vars, args[:1], func(l *look, list []*export.Known) error {
		if len(list) != 1 {
			return usage("Name one of them, such as '"+list[0].Address.String()+"'.", "%s has %d instances", args[0], len(list))
		}
		return l.diff(ctx, o, keys, list[0], args[1:])
	})
}

// diff tells the differences between two versions of an instance.
func (l *look) diff(ctx context.Context, o diffOptions, keys []string, k *export.Known, ids []string) error {
	from, to, err := pair(k, ids)
	if err != nil {
		return err
	}
	d := l.view.NewRowDiff(view.RowDiffOptions{
		Address: k.Address, From: from.Version, To: to.Version, Limit: o.limit, Markdown: o.markdown,
	})
	for _, s := range sheets(from, to) {
		if err := l.compare(ctx, d, s, keys); err != nil {
			return err
		}
	}
	d.End()
	return nil
}

// keyColumns splits the value of -key.
func keyColumns(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var out []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(out, name) {
			return nil, usage("Write COL,COL with different names of columns.", "-key: %q names a column twice, or none", text)
		}
		out = append(out, name)
	}
	return out, nil
}

// pair finds the two versions to compare.
func pair(k *export.Known, ids []string) (from, to *export.KnownVersion, err error) {
	var kept []*export.KnownVersion
	for i := range k.Versions {
		if k.Versions[i].Status == export.Kept {
			kept = append(kept, &k.Versions[i])
		}
	}
	refuse := func(format string, args ...any) error {
		return &exitStatus{code: exitError, err: fmt.Errorf(format, args...), hint: "Run 'reportsync versions' for what is."}
	}
	find := func(id string) (*export.KnownVersion, error) {
		i := slices.IndexFunc(kept, func(v *export.KnownVersion) bool { return v.ID == id })
		if i < 0 {
			return nil, refuse("%s has no version %q with local files", k.Address, id)
		}
		return kept[i], nil
	}
	if len(ids) == 0 {
		if len(kept) < 2 {
			return nil, nil, refuse("%s does not have two versions with local files, which comparing takes", k.Address)
		}
		return kept[len(kept)-2], kept[len(kept)-1], nil
	}
	if from, err = find(ids[0]); err != nil {
		return nil, nil, err
	}
	if len(ids) == 1 {
		return from, kept[len(kept)-1], nil
	}
	to, err = find(ids[1])
	return from, to, err
}

// sheet is a table in two versions, or in one of them.
type sheet struct {
	name     string
	from, to *export.Artifact
}

// sheets matches the tables of two versions by their names.
func sheets(from, to *export.KnownVersion) []sheet {
	var out []sheet
	for i := range to.Artifacts {
		out = append(out, sheet{name: to.Artifacts[i].Sheet, to: &to.Artifacts[i]})
	}
	for i := range from.Artifacts {
		f := &from.Artifacts[i]
		at := slices.IndexFunc(out, func(s sheet) bool { return s.name == f.Sheet && s.from == nil })
		if at < 0 {
			out = append(out, sheet{name: f.Sheet, from: f})
			continue
		}
		out[at].from = f
	}
	return out
}

// compare tells the differences of one table.
func (l *look) compare(ctx context.Context, d *view.RowDiff, s sheet, keys []string) (err error) {
	from, err := l.rows(s.from, s.to)
	if err != nil {
		return err
	}
	defer closing(&err, from.Close)
	to, err := l.rows(s.to, s.from)
	if err != nil {
		return err
	}
	defer closing(&err, to.Close)
	var size int64
	for _, f := range []*export.Artifact{s.from, s.to} {
		if f != nil {
			size += f.Size
		}
	}
	// Beside the state, because the export root may be a backup that is read-only. It
	// is made for large tables only.
	dir := filepath.Join(filepath.Dir(l.opt.StatePath), "diff-"+strconv.Itoa(l.env.PID))
	room, err := artifact.Open(dir, "rows")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, room.Close())
		_ = os.Remove(dir)
	}()
	c, err := artifact.Compare(from.Columns(), to.Columns(), keys, size, room.Scratch)
	if err != nil {
		return &exitStatus{code: exitError, err: err, hint: "Give -key columns of the table, or none to compare whole rows."}
	}
	d.Sheet(view.RowSheet{Name: s.name, Columns: c.Columns, Added: c.Added, Removed: c.Removed, Keys: c.Keys})
	n, err := c.Run(ctx, from, to, d.Row)
	d.Count(view.RowTotals(n))
	return err
}

// rows opens a table. One that a version does not have is empty, with the columns of
// the other's.
func (l *look) rows(f, other *export.Artifact) (artifact.RowReader, error) {
	if f == nil {
		return noRows{other.Columns}, nil
	}
	if f.Rows < 0 {
		return nil, &exitStatus{
			code: exitError, err: fmt.Errorf("%s was kept as it came and has no rows that can be compared", f.Path),
			hint: "Rows can be compared in the formats csv and jsonl.",
		}
	}
	spec, err := l.store.Written(*f)
	if err != nil {
		return nil, err
	}
	return l.store.Read(*f, spec)
}

// noRows is an empty table.
type noRows struct{ columns []export.Column }

func (n noRows) Next() ([][]byte, error)  { return nil, io.EOF }
func (n noRows) Columns() []export.Column { return n.columns }
func (n noRows) Close() error             { return nil }
