package planfixxml

import (
	"strconv"
	"time"
)

const (
	// step is the time in which one thing happens to the tasks.
	step = 2 * time.Hour
	// past is how old the oldest task is.
	past = 300 * 24 * time.Hour
	// talk is the time between two comments.
	talk = 2 * time.Hour
	// talked is how long before the start the first comment was written.
	talked = 30 * 24 * time.Hour
)

// zone is that of the user behind the credentials.
var zone = time.FixedZone("+05:00", 5*60*60)

// world is the account. It is a function of the seed, the moment of birth and the time.
type world struct {
	seed  uint64
	born  time.Time
	still bool
	count int // of tasks at the start
}

func newWorld(seed uint64, born time.Time, o settings) *world {
	return &world{seed: seed, born: born, still: o.Still, count: o.Tasks}
}

// task is a task as it is at some moment.
type task struct {
	n       int
	created time.Time
	changed time.Time
	edits   int
	deleted bool
}

func (t *task) id() int      { return 1_128_000 + 7*t.n }
func (t *task) general() int { return 525_000 + t.n }

// tasks are all that exist at a moment, in order of their numbers.
func (w *world) tasks(now time.Time, extras []extra) []*task {
	all := make([]*task, 0, w.count+len(extras))
	add := func(at time.Time) { all = append(all, &task{n: len(all), created: at, changed: at}) }
	for n := range w.count {
		at := w.born.Add(-past + time.Duration(n)*(past/time.Duration(w.count+1)))
		add(at)
		if d := newDice(w.seed, forTask, n); d.N(3) > 0 {
			all[n].changed = at.Add(time.Duration(d.N(100)) * w.born.Sub(at) / 101)
			all[n].edits = 1
		}
	}
	for n := 0; ; n++ {
		at := w.born.Add(time.Duration(n+1) * step)
		for len(extras) > 0 && (w.still || extras[0].At.Before(at) || at.After(now)) {
			if extras[0].Deleted {
				dropFirst(all)
			} else {
				add(extras[0].At)
			}
			extras = extras[1:]
		}
		if w.still || at.After(now) {
			break
		}
		d := newDice(w.seed, forEvent, n)
		switch what := d.N(100); {
		case what < 30 || len(all) == 0:
			add(at)
		case what < 90:
			if t := pick(d, all); !t.deleted {
				t.changed, t.edits = at, t.edits+1
			}
		default:
			pick(d, all).deleted = true
		}
	}
	out := all[:0]
	for _, t := range all {
		if !t.deleted {
			out = append(out, t)
		}
	}
	return out
}

func dropFirst(all []*task) {
	for _, t := range all {
		if !t.deleted {
			t.deleted = true
			return
		}
	}
}

// person is somebody who uses the account.
type person struct {
	id                     int
	first, last, login     string
	post, status, timezone string
}

func (p *person) name() string { return p.first + " " + p.last }

var people = []person{
	{9230, "Анна", "Примерова", "ann", "Директор", "ACTIVE", "Asia/Yekaterinburg"},
	{9231, "Пётр", "Образцов", "petr", "Менеджер", "ACTIVE", "Europe/Moscow"},
	{9232, "Ivan", "O'Neil & Sons", "ivan", "Manager", "ACTIVE", "Europe/Moscow"},
	{9233, "Мария", "Тестова", "maria", "", "ACTIVE", "Asia/Yekaterinburg"},
	{9234, "Олег", "Ушедший", "oleg", "Менеджер", "UNACTIVE", "Europe/Moscow"},
}

type thing struct {
	id   int
	name string
}

var (
	projects   = []thing{{9830, "Сайты"}, {9831, "Продажи <2025>"}, {9832, "Внутренние дела"}}
	userGroups = []thing{{11, "Отдел продаж"}, {12, "Разработка"}}
	titles     = []string{"Запустить сайт", "Позвонить клиенту", "Счёт & акт", "Подготовить \"отчёт\"", "Review <draft>", "Настроить рассылку", "Договор №"}
)

// comment is a comment to a task, or a note that the service makes itself.
type comment struct {
	n    int
	at   time.Time
	kind string
}

func (c *comment) id() int { return 6_364_000 + 3*c.n }

// comments are all up to a moment, the oldest first.
func (w *world) comments(now time.Time) []comment {
	if w.still {
		now = w.born
	}
	start := w.born.Add(-talked)
	var out []comment
	for n := 0; ; n++ {
		at := start.Add(time.Duration(n) * talk)
		if at.After(now) {
			return out
		}
		kind := "ACTION"
		if newDice(w.seed, forAction, n).N(5) == 0 {
			kind = "STATUSCHANGED"
		}
		out = append(out, comment{n, at, kind})
	}
}

// local is a moment as the service writes it: in the user's time zone, to the minute.
func local(t time.Time) string { return t.In(zone).Format("02-01-2006 15:04") }

func localDate(t time.Time) string { return t.In(zone).Format("02-01-2006") }

func itoa(n int) string { return strconv.Itoa(n) }
