package sim

import (
	"encoding/json"
	"fmt"
)

// Cell is one value in a [Memory], under a name of its own. The zero value of T
// is what a new memory holds. T must survive a round trip through JSON.
type Cell[T any] struct {
	memory *Memory
	name   string
	value  T
	rev    int // the revision of the memory that value was read from
}

// NewCell returns the cell of that name.
func NewCell[T any](m *Memory, name string) *Cell[T] {
	return &Cell[T]{memory: m, name: name, rev: -1}
}

// Update changes the value; when it returns, the change outlives the process. If
// fn returns an error, nothing of the value may have been changed by it, and
// nothing is written.
func (c *Cell[T]) Update(fn func(*T) error) error {
	return c.memory.update(func() error {
		if err := c.load(); err != nil {
			return err
		}
		if err := fn(&c.value); err != nil {
			return err
		}
		raw, err := json.Marshal(&c.value)
		if err != nil {
			return fmt.Errorf("write %s into the sandbox's memory: %w", c.name, err)
		}
		c.memory.doc.Cells[c.name] = raw
		return nil
	})
}

// View shows the value to fn, which must neither change nor keep it.
func (c *Cell[T]) View(fn func(*T)) error {
	return c.memory.view(func() error {
		if err := c.load(); err != nil {
			return err
		}
		fn(&c.value)
		return nil
	})
}

// load decodes the value if another process has changed the memory.
func (c *Cell[T]) load() error {
	if c.rev == c.memory.rev {
		return nil
	}
	var v T
	if raw, ok := c.memory.doc.Cells[c.name]; ok {
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("read %s from the sandbox's memory: %s is damaged (%w); delete it to start a new sandbox",
				c.name, c.memory.file(), err)
		}
	}
	c.value, c.rev = v, c.memory.rev
	return nil
}
