package planfix

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// data answers /report/{id}/save/{saveId}/data. What the body says about chunks is
// ignored: the chunk is a query parameter.
func (s *Service) data(in *request) (reply, error) {
	r, err := s.find(in)
	if err != nil {
		return reply{}, err
	}
	n, err := in.chunk()
	if err != nil {
		return reply{}, err
	}
	wanted, err := strconv.ParseInt(in.save, 10, 64)
	if err != nil {
		return reply{}, errSave(in.save)
	}
	saves, err := s.existing(in, r)
	if err != nil {
		return reply{}, err
	}
	if !slices.ContainsFunc(saves, func(sv save) bool { return sv.id == wanted }) {
		return reply{}, errSave(in.save)
	}
	if in.call.Fault == faultVanish {
		if err := s.delete(wanted); err != nil {
			return reply{}, err
		}
		return reply{}, errSave(in.save)
	}
	inside := n < r.chunks(wanted)
	if !inside && s.opt.RangeError {
		return reply{}, errValue("chunk")
	}
	return reply{status: http.StatusOK, write: func(w io.Writer) error {
		return s.world.writeChunk(w, r, wanted, n, inside && in.call.Fault != faultNoRows)
	}}, nil
}

// chunk is the index of the chunk that is asked for.
func (r *request) chunk() (int, error) {
	raw := r.query["chunk"]
	if len(raw) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(raw[0], 10, 31)
	if err != nil || len(raw) > 1 {
		return 0, errValue("chunk")
	}
	return int(n), nil
}

// delete removes a save for good.
func (s *Service) delete(id int64) error {
	return s.memory.Update(func(m *memory) error {
		m.Deleted = append(m.Deleted, id)
		return nil
	})
}

// rowSize is about as much as a row takes.
const rowSize = 512

// writeChunk writes the answer that holds a chunk of a save, with its rows or
// without.
func (w *world) writeChunk(out io.Writer, r *report, save int64, n int, filled bool) error {
	var head, body []byte
	if !r.bare {
		head = append(head, `{"result":"success","data":`...)
	}
	head = append(head, `{"chunk":`...)
	head = strconv.AppendInt(head, int64(n), 10)
	head = append(head, `,"rows":[`...)
	if filled {
		if n == 0 || r.repeatHeader {
			head = appendHeader(head, r)
		}
		body = w.chunkRows(r, save, n)
		if len(body) > 0 && (n == 0 || r.repeatHeader) {
			head = append(head, ',')
		}
	}
	tail := "]}"
	if !r.bare {
		tail = "]}}"
	}
	_, err := io.Copy(out, io.MultiReader(bytes.NewReader(head), bytes.NewReader(body), bytes.NewReader([]byte(tail))))
	return err
}

// chunkRows are the rows of a chunk, with commas between them.
func (w *world) chunkRows(r *report, save int64, n int) []byte {
	first := n * r.chunk
	count := min(r.rows(save)-first, r.chunk)
	if count <= 0 {
		return nil
	}
	if r.tile != nil {
		return r.tile.rows(w, r, count)
	}
	b := make([]byte, 0, count*rowSize)
	for i := range count {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.appendRow(b, r, save, first+i)
	}
	return b
}
