package state

import (
	"context"
	"encoding/json"
	"fmt"

	"reportsync/internal/export"
)

// PutInstance records an instance: its row only, not what k has of versions,
// requests and intents. Putting what is there already changes nothing.
func (l *Lease) PutInstance(ctx context.Context, k export.Known) error {
	return l.write(ctx, "record instance", func(tx *transaction) error { return tx.putInstance(&k) })
}

// Commit records an instance (nil: it is there already) and versions of it in one
// transaction.
func (l *Lease) Commit(ctx context.Context, addr export.Address, k *export.Known, versions ...export.KnownVersion) error {
	return l.write(ctx, "record versions", func(tx *transaction) error {
		if k != nil {
			row := *k
			row.Address = addr
			if err := tx.putInstance(&row); err != nil {
				return err
			}
		}
		return tx.putVersions(addr, versions)
	})
}

// PutVersion records a version with its artifacts, in place of what was known of
// it. Once it has returned, the state vouches for the files.
func (l *Lease) PutVersion(ctx context.Context, addr export.Address, v export.KnownVersion) error {
	return l.Commit(ctx, addr, nil, v)
}

// PutVersions is PutVersion for several versions in one transaction.
func (l *Lease) PutVersions(ctx context.Context, addr export.Address, versions []export.KnownVersion) error {
	return l.Commit(ctx, addr, nil, versions...)
}

// MoveInstance gives an instance another address, with all that belongs to it. It
// was done before if there is none with the old address and one with the new.
func (l *Lease) MoveInstance(ctx context.Context, from, to export.Address) error {
	return l.write(ctx, "move instance", func(tx *transaction) error {
		var key any
		if to.HasKey {
			key = to.Key
		}
		taken, err := tx.exists(`SELECT EXISTS (SELECT 1 FROM instances WHERE address = ?)`, to.String())
		if err != nil {
			return err
		}
		there, err := tx.exists(`SELECT EXISTS (SELECT 1 FROM instances WHERE address = ?)`, from.String())
		switch {
		case err != nil:
			return err
		case taken && there:
			return fmt.Errorf("%s cannot become %s, which exists already", from, to)
		case taken:
			return nil
		case !there:
			return fmt.Errorf("%s is %w", from, ErrUnknown)
		}
		tx.changed = true
		return tx.exec(`UPDATE instances SET address = ?, data = ?, type = ?, name = ?, key = ? WHERE address = ?`,
			to.String(), to.Data, to.Type, to.Name, key, from.String())
	})
}

// RemoveInstance forgets an instance and all that belongs to it. Files stay. An
// instance that is not there is no error.
func (l *Lease) RemoveInstance(ctx context.Context, addr export.Address) error {
	return l.write(ctx, "forget instance", func(tx *transaction) error {
		n, err := tx.change(`DELETE FROM instances WHERE address = ?`, addr.String())
		tx.changed = n > 0
		return err
	})
}

// DropVersions forgets versions of an instance. Files stay. Versions that are not
// there are no error.
func (l *Lease) DropVersions(ctx context.Context, addr export.Address, ids []string) error {
	return l.write(ctx, "forget versions", func(tx *transaction) error {
		instance, err := tx.instance(addr)
		if err != nil {
			return err
		}
		for _, id := range ids {
			n, err := tx.change(`DELETE FROM versions WHERE instance = ? AND version = ?`, instance, id)
			if err != nil {
				return err
			}
			tx.changed = tx.changed || n > 0
		}
		return nil
	})
}

// MarkDamaged notes whether a version's files still have their hashes.
func (l *Lease) MarkDamaged(ctx context.Context, addr export.Address, versionID string, damaged bool) error {
	return l.write(ctx, "mark version", func(tx *transaction) error {
		instance, err := tx.instance(addr)
		if err != nil {
			return err
		}
		n, err := tx.change(`UPDATE versions SET damaged = ? WHERE instance = ? AND version = ?`, damaged, instance, versionID)
		if err == nil && n == 0 {
			err = fmt.Errorf("version %s of %s is %w", versionID, addr, ErrUnknown)
		}
		tx.changed = true
		return err
	})
}

func (tx *transaction) putInstance(k *export.Known) error {
	a := k.Address
	var key any
	if a.HasKey {
		key = a.Key
	}
	n, err := tx.change(`INSERT INTO instances
		(address, data, type, name, key, provider, account, identity, attributes, prevent_destroy, on_destroy)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (address) DO UPDATE SET provider = excluded.provider, account = excluded.account, identity = excluded.identity,
			attributes = excluded.attributes, prevent_destroy = excluded.prevent_destroy, on_destroy = excluded.on_destroy
		WHERE (provider, account, identity, attributes, prevent_destroy, on_destroy) IS NOT
			(excluded.provider, excluded.account, excluded.identity, excluded.attributes, excluded.prevent_destroy, excluded.on_destroy)`,
		a.String(), a.Data, a.Type, a.Name, key, k.Provider, k.Account, k.Identity, document(k.Attributes), k.PreventDestroy, k.OnDestroy)
	tx.changed = tx.changed || n > 0
	return err
}

func (tx *transaction) putVersions(addr export.Address, versions []export.KnownVersion) error {
	if len(versions) == 0 {
		return nil
	}
	instance, err := tx.instance(addr)
	if err != nil {
		return err
	}
	for i := range versions {
		if err := tx.putVersion(instance, &versions[i]); err != nil {
			return fmt.Errorf("version %s of %s: %w", versions[i].ID, addr, err)
		}
	}
	tx.changed = true
	return nil
}

func (tx *transaction) putVersion(instance int64, k *export.KnownVersion) error {
	period, err := encoded(k.Period)
	if err != nil {
		return err
	}
	more, err := encodeMore(k)
	if err != nil {
		return err
	}
	id, err := tx.id(`INSERT INTO versions (instance, version, name, created_at, created_raw, period, parts, parts_tolerant,
			status, manifest, path, rendering, rows, fetched_at, damaged, request, more)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (instance, version) DO UPDATE SET name = excluded.name, created_at = excluded.created_at,
			created_raw = excluded.created_raw, period = excluded.period, parts = excluded.parts, parts_tolerant = excluded.parts_tolerant,
			status = excluded.status, manifest = excluded.manifest, path = excluded.path, rendering = excluded.rendering,
			rows = excluded.rows, fetched_at = excluded.fetched_at, damaged = excluded.damaged, request = excluded.request,
			more = excluded.more
		RETURNING id`,
		instance, k.ID, optional(k.Name), stamp(k.CreatedAt), optional(k.CreatedRaw), period, k.Parts, k.PartsTolerant, string(k.Status),
		optional(k.ManifestPath), optional(k.Path), optional(k.Rendering), k.Rows, stamp(k.FetchedAt), k.Damaged, optional(k.RequestID), more)
	if err != nil {
		return err
	}
	if err := tx.exec(`DELETE FROM artifacts WHERE version = ?`, id); err != nil {
		return err
	}
	for i := range k.Artifacts {
		a := &k.Artifacts[i]
		columns, err := tx.columnSet(a.Columns)
		if err != nil {
			return err
		}
		if err := tx.exec(`INSERT INTO artifacts (version, path, sheet, size, rows, sha256, mod_time, columns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, a.Path, optional(a.Sheet), a.Size, a.Rows, a.SHA256, stamp(a.ModTime), columns); err != nil {
			return fmt.Errorf("file %s: %w", a.Path, err)
		}
	}
	return nil
}

// columnSet returns the row id of a list of columns, NULL for no list.
func (tx *transaction) columnSet(columns []export.Column) (any, error) {
	if columns == nil {
		return nil, nil
	}
	text, err := json.Marshal(columns)
	if err != nil {
		return nil, err
	}
	if err := tx.exec(`INSERT INTO column_sets (columns) VALUES (?) ON CONFLICT DO NOTHING`, string(text)); err != nil {
		return nil, err
	}
	return tx.id(`SELECT id FROM column_sets WHERE columns = ?`, string(text))
}
