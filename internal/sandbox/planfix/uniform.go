package planfix

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// uniform are reports for measuring: all alike, with saves that never change.
func uniform(o Options) []*report {
	shared := &tile{size: min(o.ChunkRows, o.Rows)}
	makers := []func(*pen) cell{
		number("", 100_000), date, person, money(2, 900_000), choose(regions...), duration,
		number("T-", 10_000), choose(states...), note, money(2, 5_000), phone, choose(sources...),
	}
	titles := []string{"ID", "Date", "Employee", "Amount", "Region", "Time spent", "Task", "Status", "Comment", "Fee", "Phone", "Source"}
	columns := make([]column, o.Columns)
	for i := range columns {
		columns[i] = column{title: titles[i%len(titles)], make: makers[i%len(makers)]}
		if i >= len(titles) {
			columns[i].title += " " + strconv.Itoa(i/len(titles)+1)
		}
	}
	reports := make([]*report, o.Reports)
	for i := range reports {
		reports[i] = &report{
			id: firstReport + int64(i), name: fmt.Sprintf("Report %04d", i+1), columns: columns,
			backlog: o.Saves, interval: time.Hour, chunk: o.ChunkRows, tile: shared,
			rows: func(int64) int { return o.Rows },
		}
	}
	return reports
}

// tile holds the rows that every chunk of uniform reports repeats.
type tile struct {
	size int // rows
	once sync.Once
	text []byte
	ends []int // where each row ends
}

// rows are the first so many rows, with commas between them.
func (t *tile) rows(w *world, r *report, count int) []byte {
	t.once.Do(func() {
		for i := range t.size {
			if i > 0 {
				t.text = append(t.text, ',')
			}
			t.text = w.appendRow(t.text, r, 0, i)
			t.ends = append(t.ends, len(t.text))
		}
	})
	return t.text[:t.ends[count-1]]
}
