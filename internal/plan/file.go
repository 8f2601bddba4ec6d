package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"reportsync/internal/export"
)

// File is a saved plan. It holds no secret: values of sensitive variables are
// there as keyed hashes only.
type File struct {
	// ID is unique; the state remembers the ids of applied plans.
	ID        string    `json:"id"`
	Version   string    `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	// Lineage and Serial are the state's when the plan was made; an empty lineage
	// means that there was no state.
	Lineage string `json:"lineage"`
	Serial  int64  `json:"serial"`
	// Config is a hash of the configuration's files.
	Config string `json:"config"`
	// Variables are keyed hashes of the variables' values by name.
	Variables map[string]string `json:"variables,omitempty"`
	// Values are the values of the variables that are not sensitive, as JSON.
	Values map[string]json.RawMessage `json:"values,omitempty"`
	// Outputs are the outputs that change.
	Outputs []FileOutput `json:"outputs,omitempty"`
	// Incomplete is set when blocks were left out that could not be evaluated or read.
	Incomplete bool         `json:"incomplete,omitempty"`
	Destroy    bool         `json:"destroy,omitempty"`
	Changes    []FileChange `json:"changes"`
	Estimate   Estimate     `json:"estimate"`
}

// FileChange is a change together with its address.
type FileChange struct {
	Address string `json:"address"`
	Change
}

// FileOutput is a change of an output. Values that are sensitive or not known are
// not there.
type FileOutput struct {
	Name      string          `json:"name"`
	Before    json.RawMessage `json:"before,omitempty"`
	After     json.RawMessage `json:"after,omitempty"`
	Sensitive bool            `json:"sensitive,omitempty"`
	Unknown   bool            `json:"unknown,omitempty"`
}

// ErrDamaged means that the bytes are not a whole plan file.
var ErrDamaged = errors.New("the plan file is damaged")

// ErrNotPlan means that the bytes are no plan file at all.
var ErrNotPlan = errors.New("this is not a plan file")

const magic = "reportsync plan 1\n"

// Encode returns the bytes of a plan file: a line that names the format, a line
// with the SHA-256 of what follows, and JSON.
func Encode(f *File) ([]byte, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode plan: %w", err)
	}
	sum := sha256.Sum256(body)
	var b bytes.Buffer
	b.WriteString(magic)
	b.WriteString(hex.EncodeToString(sum[:]))
	b.WriteByte('\n')
	b.Write(body)
	return b.Bytes(), nil
}

// Decode reads a plan file. The error is [ErrNotPlan] or [ErrDamaged].
func Decode(data []byte) (*File, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return nil, ErrNotPlan
	}
	sum, body, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w: it ends after its first line", ErrDamaged)
	}
	want := sha256.Sum256(body)
	if string(sum) != hex.EncodeToString(want[:]) {
		return nil, fmt.Errorf("%w: its checksum does not match its content", ErrDamaged)
	}
	var f File
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return &f, nil
}

// Plan returns the plan as it was made.
func (f *File) Plan() (*Plan, error) {
	p := &Plan{Estimate: f.Estimate, Changes: make([]Change, 0, len(f.Changes))}
	for i := range f.Changes {
		addr, err := export.ParseAddress(f.Changes[i].Address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		c := f.Changes[i].Change
		c.Address = addr
		p.Changes = append(p.Changes, c)
	}
	return p, nil
}

// FileChanges returns the changes of a plan in their saved form.
func FileChanges(p *Plan) []FileChange {
	out := make([]FileChange, len(p.Changes))
	for i := range p.Changes {
		out[i] = FileChange{Address: p.Changes[i].Address.String(), Change: p.Changes[i]}
	}
	return out
}
