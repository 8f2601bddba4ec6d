package state

import (
	"context"
	"encoding/json"
	"fmt"

	"reportsync/internal/export"
)

// Snapshot returns everything that a plan is made from, as of one moment. It
// costs a handful of queries, however many instances there are.
func (s *State) Snapshot(ctx context.Context) (*export.Snapshot, error) {
	snap := &export.Snapshot{Lineage: s.lineage}
	err := s.readers.view(ctx, func(v *view) error {
		meta, err := v.one(`SELECT serial FROM meta`)
		if err != nil {
			return err
		}
		snap.Serial = meta.number(0)
		known, err := v.instances(nil)
		if err != nil {
			return err
		}
		snap.Instances = make(map[export.Address]*export.Known, len(known))
		for _, k := range known {
			snap.Instances[k.Address] = k
		}
		snap.Limits, err = v.limits()
		return err
	})
	if err != nil {
		return nil, fail("read state", s.path, err)
	}
	return snap, nil
}

// Get returns what is known of one instance now, nil if it is not in the state.
func (s *State) Get(ctx context.Context, addr export.Address) (*export.Known, error) {
	var known *export.Known
	err := s.readers.view(ctx, func(v *view) error {
		found, err := v.instances(&addr)
		for _, k := range found {
			known = k
		}
		return err
	})
	if err != nil {
		return nil, fail("read state", s.path, err)
	}
	return known, nil
}

// PathOwners returns which instance each file under the export root belongs to,
// manifests included. If two claim a file, it is the one that wrote it last.
func (s *State) PathOwners(ctx context.Context) (map[string]export.Address, error) {
	owners := map[string]export.Address{}
	err := s.readers.view(ctx, func(v *view) error {
		return v.each(`SELECT path, data, type, name, key FROM (
			SELECT a.path AS path, v.fetched_at AS at, v.instance AS instance FROM artifacts a JOIN versions v ON v.id = a.version
			UNION ALL SELECT manifest, fetched_at, instance FROM versions WHERE manifest IS NOT NULL)
			JOIN instances i ON i.id = instance ORDER BY at`, nil, func(r row) error {
			owners[r.text(0)] = r.address(1)
			return nil
		})
	})
	if err != nil {
		return nil, fail("read state", s.path, err)
	}
	return owners, nil
}

// address reads the four columns of an address.
func (r row) address(i int) export.Address {
	return export.Address{Data: r.truth(i), Type: r.text(i + 1), Name: r.text(i + 2), Key: r.text(i + 3), HasKey: !r.null(i + 3)}
}

// scope narrows queries about instances to one of them.
type scope struct {
	instance string // a condition on instances
	owned    string // a condition on what belongs to instances
	args     []any
}

// instances reads all instances, or the one with the address, with what belongs
// to them, by their row ids.
func (v *view) instances(one *export.Address) (map[int64]*export.Known, error) {
	sc := scope{instance: `true`, owned: `true`}
	if one != nil {
		sc = scope{`address = ?`, `instance = (SELECT id FROM instances WHERE address = ?)`, []any{one.String()}}
	}
	known := map[int64]*export.Known{}
	err := v.each(`SELECT id, data, type, name, key, provider, account, identity, attributes, prevent_destroy, on_destroy
		FROM instances WHERE `+sc.instance, sc.args, func(r row) error {
		known[r.number(0)] = &export.Known{
			Address: r.address(1), Provider: r.text(5), Account: r.text(6), Identity: r.text(7), Attributes: r.document(8),
			PreventDestroy: r.truth(9), OnDestroy: r.text(10),
		}
		return nil
	})
	if err != nil || len(known) == 0 {
		return nil, err
	}
	for what, read := range map[string]func(map[int64]*export.Known, scope) error{
		"versions": v.versions, "requests": v.requests, "intents": v.intents,
	} {
		if err := read(known, sc); err != nil {
			return nil, fmt.Errorf("read %s: %w", what, err)
		}
	}
	return known, nil
}

func (v *view) versions(known map[int64]*export.Known, sc scope) error {
	artifacts, err := v.artifacts(sc)
	if err != nil {
		return err
	}
	return v.each(`SELECT id, instance, version, name, created_at, created_raw, period, parts, parts_tolerant, status,
		manifest, path, rendering, rows, fetched_at, damaged, request, more FROM versions WHERE `+sc.owned+` ORDER BY id`, sc.args, func(r row) error {
		period, err := v.period(r, 6)
		k, ok := known[r.number(1)]
		if !ok {
			return errOrphan
		}
		known := export.KnownVersion{
			Version: export.Version{
				ID: r.text(2), Name: r.text(3), CreatedAt: r.moment(4), CreatedRaw: r.text(5), Period: period,
				Parts: int(r.number(7)), PartsTolerant: r.truth(8),
			},
			Status: export.VersionStatus(r.text(9)), Artifacts: artifacts[r.number(0)], ManifestPath: r.text(10), Path: r.text(11),
			Rendering: r.text(12), Rows: r.number(13), FetchedAt: r.moment(14), Damaged: r.truth(15), RequestID: r.text(16),
		}
		if err == nil {
			err = decodeMore(r, 17, &known)
		}
		k.Versions = append(k.Versions, known)
		inOrder(k.Versions)
		return err
	})
}

// inOrder moves the last version to its place among the others, from old to new.
// Versions come mostly in that order, so there is mostly nothing to move.
func inOrder(list []export.KnownVersion) {
	for i := len(list) - 1; i > 0 && list[i-1].Compare(list[i].Version) > 0; i-- {
		list[i-1], list[i] = list[i], list[i-1]
	}
}

// artifacts reads the artifacts by the row ids of their versions.
func (v *view) artifacts(sc scope) (map[int64][]export.Artifact, error) {
	where := `true`
	if sc.args != nil {
		where = `version IN (SELECT id FROM versions WHERE ` + sc.owned + `)`
	}
	out := map[int64][]export.Artifact{}
	err := v.each(`SELECT version, path, sheet, size, rows, sha256, mod_time, columns FROM artifacts WHERE `+where+` ORDER BY version, path`, sc.args, func(r row) error {
		columns, err := v.columns(r, 7)
		out[r.number(0)] = append(out[r.number(0)], export.Artifact{
			Path: r.text(1), Sheet: r.text(2), Size: r.number(3), Rows: r.number(4), SHA256: r.text(5), ModTime: r.moment(6), Columns: columns,
		})
		return err
	})
	return out, err
}

// columns reads a list of columns; the same list is read once.
func (v *view) columns(r row, i int) ([]export.Column, error) {
	if r.null(i) {
		return nil, nil
	}
	id := r.number(i)
	if list, ok := v.sets[id]; ok {
		return list, nil
	}
	found, err := v.one(`SELECT columns FROM column_sets WHERE id = ?`, id)
	if err != nil {
		return nil, err
	}
	var list []export.Column
	if err := json.Unmarshal(found.document(0), &list); err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	v.sets[id] = list
	return list, nil
}
