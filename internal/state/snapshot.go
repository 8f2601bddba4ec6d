package state

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"reportsync/internal/export"
)

// Snapshot returns everything that a plan is made from, as of one moment. It
// costs a handful of queries, however many instances there are.
func (s *State) Snapshot(ctx context.Context) (*export.Snapshot, error) {
	snap := &export.Snapshot{Lineage: s.lineage}
	err := s.readers.view(ctx, func(v *view) error {
		if err := v.row(`SELECT serial FROM meta`, nil, &snap.Serial); err != nil {
			return err
		}
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
	var known []*export.Known
	err := s.readers.view(ctx, func(v *view) (err error) {
		known, err = v.instances(&addr)
		return err
	})
	if err != nil || len(known) == 0 {
		return nil, fail("read state", s.path, err)
	}
	return known[0], nil
}

// PathOwners returns which instance each file under the export root belongs to,
// manifests included. If two claim a file, it is the one that wrote it last.
func (s *State) PathOwners(ctx context.Context) (map[string]export.Address, error) {
	owners := map[string]export.Address{}
	err := s.readers.view(ctx, func(v *view) error {
		return v.each(`SELECT path, data, type, name, key FROM (
			SELECT a.path AS path, v.fetched_at AS at, v.instance AS instance FROM artifacts a JOIN versions v ON v.id = a.version
			UNION ALL SELECT manifest, fetched_at, instance FROM versions WHERE manifest <> '')
			JOIN instances i ON i.id = instance ORDER BY at`, nil, func(scan func(...any) error) error {
			var path string
			var a addressRow
			if err := scan(&path, &a.Data, &a.Type, &a.Name, &a.key); err != nil {
				return err
			}
			owners[path] = a.address()
			return nil
		})
	})
	if err != nil {
		return nil, fail("read state", s.path, err)
	}
	return owners, nil
}

// addressRow is an address as its columns hold it.
type addressRow struct {
	export.Address
	key sql.NullString
}

func (a addressRow) address() export.Address {
	a.Key, a.HasKey = a.key.String, a.key.Valid
	return a.Address
}

// instances reads all instances, or the one with the address, with what belongs
// to them.
func (v *view) instances(one *export.Address) ([]*export.Known, error) {
	where, mine, args := "", "", []any(nil)
	if one != nil {
		where, mine, args = ` WHERE address = ?`, ` AND instance = (SELECT id FROM instances WHERE address = ?)`, []any{one.String()}
	}
	var known []*export.Known
	byID := map[int64]*export.Known{}
	err := v.each(`SELECT id, data, type, name, key, provider, account, identity, attributes, prevent_destroy, on_destroy
		FROM instances`+where, args, func(scan func(...any) error) error {
		var id int64
		var a addressRow
		var attributes sql.RawBytes
		k := &export.Known{}
		if err := scan(&id, &a.Data, &a.Type, &a.Name, &a.key, &k.Provider, &k.Account, &k.Identity, &attributes,
			&k.PreventDestroy, &k.OnDestroy); err != nil {
			return err
		}
		k.Address, k.Attributes = a.address(), slices.Clone([]byte(attributes))
		known, byID[id] = append(known, k), k
		return nil
	})
	if err != nil || len(known) == 0 {
		return nil, err
	}
	for _, read := range []func(map[int64]*export.Known, string, []any) error{v.versions, v.requests, v.intents} {
		if err := read(byID, mine, args); err != nil {
			return nil, err
		}
	}
	return known, nil
}

func (v *view) versions(byID map[int64]*export.Known, mine string, args []any) error {
	artifacts, err := v.artifacts(mine, args)
	if err != nil {
		return err
	}
	var list grouped[export.KnownVersion]
	err = v.each(`SELECT id, instance, version, name, created_at, created_raw, period, parts, parts_tolerant,
		status, manifest, path, rendering, rows, fetched_at, damaged, request FROM versions WHERE true`+mine, args,
		func(scan func(...any) error) error {
			var id, instance int64
			var created, fetched, period sql.NullString
			k := list.add()
			if err := scan(&id, &instance, &k.ID, &k.Name, &created, &k.CreatedRaw, &period, &k.Parts, &k.PartsTolerant,
				&k.Status, &k.ManifestPath, &k.Path, &k.Rendering, &k.Rows, &fetched, &k.Damaged, &k.RequestID); err != nil {
				return err
			}
			list.owner(instance)
			k.Artifacts = artifacts[id]
			var errs [3]error
			k.CreatedAt, errs[0] = moment(created)
			k.FetchedAt, errs[1] = moment(fetched)
			k.Period, errs[2] = v.period(period)
			return errors.Join(errs[:]...)
		})
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	for id, versions := range list.byOwner() {
		slices.SortFunc(versions, func(a, b export.KnownVersion) int { return a.Compare(b.Version) })
		byID[id].Versions = versions
	}
	return nil
}

func (v *view) artifacts(mine string, args []any) (map[int64][]export.Artifact, error) {
	where := ""
	if mine != "" {
		where = ` WHERE version IN (SELECT id FROM versions WHERE true` + mine + `)`
	}
	var list grouped[export.Artifact]
	err := v.each(`SELECT version, path, sheet, size, rows, sha256, mod_time, columns FROM artifacts`+where, args,
		func(scan func(...any) error) error {
			var version int64
			var modified sql.NullString
			var columns sql.NullInt64
			a := list.add()
			if err := scan(&version, &a.Path, &a.Sheet, &a.Size, &a.Rows, &a.SHA256, &modified, &columns); err != nil {
				return err
			}
			list.owner(version)
			var errs [2]error
			a.ModTime, errs[0] = moment(modified)
			a.Columns, errs[1] = v.columns(columns)
			return errors.Join(errs[:]...)
		})
	if err != nil {
		return nil, fmt.Errorf("read artifacts: %w", err)
	}
	m := list.byOwner()
	for _, artifacts := range m {
		slices.SortFunc(artifacts, func(a, b export.Artifact) int { return cmp.Compare(a.Path, b.Path) })
	}
	return m, nil
}

// columns reads a list of columns; the same list is read once.
func (v *view) columns(id sql.NullInt64) ([]export.Column, error) {
	if !id.Valid {
		return nil, nil
	}
	if list, ok := v.sets[id.Int64]; ok {
		return list, nil
	}
	var text []byte
	if err := v.row(`SELECT columns FROM column_sets WHERE id = ?`, []any{id.Int64}, &text); err != nil {
		return nil, err
	}
	var list []export.Column
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	v.sets[id.Int64] = list
	return list, nil
}
