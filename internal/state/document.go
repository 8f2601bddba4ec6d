package state

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"reportsync/internal/export"
)

// documentFormat is the version of [Document].
const documentFormat = 1

// Document is everything that a plan is made from, as JSON: what `state pull` prints
// and `state push` takes. History, the key of hashes and the lock are not in it.
type Document struct {
	Format    int                `json:"format"`
	Lineage   string             `json:"lineage"`
	Serial    int64              `json:"serial"`
	Instances []DocumentInstance `json:"instances"`
	Limits    []DocumentLimit    `json:"limits,omitempty"`
	// Outputs are those that are not sensitive.
	Outputs map[string]DocumentOutput `json:"outputs,omitempty"`
}

// DocumentInstance is an instance with its address and arguments.
type DocumentInstance struct {
	Address    string          `json:"address"`
	Attributes json.RawMessage `json:"attributes,omitempty"`
	export.Known
}

// DocumentLimit is the clock of a limit.
type DocumentLimit struct {
	Account   string    `json:"account"`
	Name      string    `json:"name"`
	LastStart time.Time `json:"last_start,omitzero"`
	NotBefore time.Time `json:"not_before,omitzero"`
}

// DocumentOutput is an output.
type DocumentOutput struct {
	Value json.RawMessage `json:"value"`
	Type  json.RawMessage `json:"type"`
}

// Document returns the state as a document.
func (s *State) Document(ctx context.Context) (*Document, error) {
	snap, err := s.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	outputs, err := s.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	d := &Document{Format: documentFormat, Lineage: snap.Lineage, Serial: snap.Serial, Instances: []DocumentInstance{}}
	for _, k := range snap.Instances {
		d.Instances = append(d.Instances, DocumentInstance{Address: k.Address.String(), Attributes: k.Attributes, Known: *k})
	}
	slices.SortFunc(d.Instances, func(a, b DocumentInstance) int { return a.Known.Address.Compare(b.Known.Address) })
	for key, l := range snap.Limits {
		d.Limits = append(d.Limits, DocumentLimit{key.Account, key.Name, l.LastStart, l.NotBefore})
	}
	slices.SortFunc(d.Limits, func(a, b DocumentLimit) int {
		return slices.Compare([]string{a.Account, a.Name}, []string{b.Account, b.Name})
	})
	for name, o := range outputs {
		if o.Sensitive {
			continue
		}
		if d.Outputs == nil {
			d.Outputs = map[string]DocumentOutput{}
		}
		d.Outputs[name] = DocumentOutput{o.Value, o.Type}
	}
	return d, nil
}

// DecodeDocument reads a document. The error says what is wrong with it.
func DecodeDocument(text []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("it is not a state document: %w", err)
	}
	switch {
	case d.Format != documentFormat:
		return nil, fmt.Errorf("its format is %d, and this version of reportsync knows format %d", d.Format, documentFormat)
	case d.Lineage == "":
		return nil, fmt.Errorf("it has no lineage")
	}
	seen := map[export.Address]bool{}
	for i := range d.Instances {
		in := &d.Instances[i]
		addr, err := export.ParseAddress(in.Address)
		if err != nil {
			return nil, err
		}
		if seen[addr] {
			return nil, fmt.Errorf("%s is in it twice", addr)
		}
		seen[addr] = true
		in.Known.Address, in.Known.Attributes = addr, in.Attributes
	}
	return &d, nil
}

// Restore puts a document in the place of everything that plans are made from, in one
// transaction. The serial grows beyond both, so that saved plans are stale.
func (l *Lease) Restore(ctx context.Context, d *Document) error {
	return l.write(ctx, "restore state", func(tx *transaction) error {
		for _, table := range []string{"instances", "limits", "outputs"} {
			if err := tx.exec(`DELETE FROM ` + table); err != nil {
				return err
			}
		}
		for i := range d.Instances {
			if err := tx.restore(&d.Instances[i].Known); err != nil {
				return fmt.Errorf("%s: %w", d.Instances[i].Address, err)
			}
		}
		for _, lim := range d.Limits {
			if err := tx.setLimit(export.LimitKey{Account: lim.Account, Name: lim.Name}, export.Limit{LastStart: lim.LastStart, NotBefore: lim.NotBefore}); err != nil {
				return err
			}
		}
		for name, o := range d.Outputs {
			if err := tx.exec(`INSERT INTO outputs (name, value, type, sensitive, hash) VALUES (?, ?, ?, 0, ?)`,
				name, document(o.Value), document(o.Type), l.s.Hash(o.Value)); err != nil {
				return err
			}
		}
		tx.changed = true
		return tx.exec(`UPDATE meta SET lineage = ?, serial = max(serial, ?)`, d.Lineage, d.Serial)
	})
}

// restore writes an instance with all that belongs to it.
func (tx *transaction) restore(k *export.Known) error {
	if err := tx.putInstance(k); err != nil {
		return err
	}
	if err := tx.putVersions(k.Address, k.Versions); err != nil {
		return err
	}
	for i := range k.Requests {
		if err := tx.openRequest(k.Address, k.Account, k.Requests[i]); err != nil {
			return err
		}
	}
	for i := range k.Intents {
		if _, err := tx.beginIntent(k.Address, k.Account, k.Intents[i]); err != nil {
			return err
		}
	}
	return nil
}
