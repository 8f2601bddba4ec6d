package tracker

import (
	"math/bits"
	"time"
)

// issue is one state of an issue. It never changes: what happens to an issue makes
// a new state. Values of dictionaries are places in them, or none; times are in
// milliseconds, and 0 where nothing has happened; days are counted from 1970.
type issue struct {
	n          int // in order of creation, from 0
	queue, num int
	olds       []address // where it was before it was moved

	version                      int
	created, updated, commented  int64
	resolved, statusAt           int64
	author, updater, resolver    int
	assignee                     int
	typ, priority                int
	status, previous, resolution int
	component, fix, sprint       int
	project, parent, epic        int
	tags, followers              uint8 // sets
	points, votes, spent         int   // story points in halves, spent in minutes
	start, end, deadline         int
	revision                     int // of the summary
	channel, hours               int // local fields
	favorite, deleted            bool

	// before is the state before the last change; nil if it is not remembered.
	before *issue
}

// address is what a key is made of.
type address struct{ queue, num int }

func (a address) String() string { return queues[a.queue].key + "-" + itoa(a.num) }

func (i *issue) address() address { return address{i.queue, i.num} }

func (i *issue) key() string { return i.address().String() }

func (w *world) id(i *issue) string { return hexID(i.created/1000, w.seed, forID, i.n) }

// summary is the name of the issue. Others with the same words have other numbers.
func (w *world) summary(i *issue) string {
	d := newDice(w.seed, forText, i.n+i.revision<<24)
	s := verbs[d.N(len(verbs))] + " " + things[d.N(len(things))] + " #" + itoa(i.n)
	if d.chance(10) {
		s += " " + remarks[d.N(len(remarks))]
	}
	return s
}

// description is the text of the issue, which not all have.
func (w *world) description(i *issue) string {
	d := newDice(w.seed, forText, -1-i.n)
	if d.chance(25) {
		return ""
	}
	s := things[d.N(len(things))]
	for range d.N(4) {
		s += "\n" + remarks[d.N(len(remarks))]
	}
	return s
}

const (
	hour = int64(time.Hour / time.Millisecond)
	day  = 24 * hour
)

// newIssue is an issue as it is created.
func newIssue(n int, at address, d dice, created int64) *issue {
	i := &issue{
		n: n, queue: at.queue, num: at.num, version: 1, created: created, updated: created, statusAt: created,
		author: d.N(robot + 1), assignee: none, typ: d.N(len(types)), priority: (d.N(3) + d.N(3) + 1) % len(priorities),
		status: stOpen, previous: none, resolution: none, resolver: none, component: none, fix: none, sprint: none,
		project: none, parent: none, epic: none, tags: d.rare(3) & (1<<len(tags) - 1),
		followers: d.rare(2) & (1<<robot - 1), points: none, votes: d.N(4), channel: none, hours: none,
		favorite: d.chance(5),
	}
	i.updater = i.author
	if d.chance(60) {
		i.assignee = d.N(robot)
	}
	if d.chance(30) {
		i.component = d.N(len(components))
	}
	if d.chance(20) {
		i.project = d.N(len(projects))
	}
	if n > 10 && d.chance(8) {
		i.epic = d.N(10)
	}
	if n > 100 && d.chance(6) {
		i.parent = n - 1 - d.N(90)
	}
	switch queues[i.queue].key {
	case "SUPPORT":
		i.channel = d.N(len(channels))
	case "TREK":
		i.hours = d.N(400)
	}
	return i
}

// touch is the issue after one more change.
func (i *issue) touch(d dice, at int64) *issue {
	c := *i
	c.before = i
	c.version += 1 + d.N(3)/2
	c.updated = max(at, i.updated+1)
	c.updater = d.N(robot + 1)
	switch d.N(12) {
	case 0, 1, 2, 3:
		c.turn((c.status + 1 + d.N(len(statuses)-1)) % len(statuses))
	case 4, 5:
		c.assignee = (c.assignee+2+d.N(robot))%(robot+1) - 1
	case 6:
		c.priority = (c.priority + 1 + d.N(len(priorities)-1)) % len(priorities)
	case 7:
		c.revision++
	case 8:
		c.points, c.sprint = d.N(26), d.N(len(sprints))
	case 9:
		c.tags ^= 1 << d.N(len(tags))
		c.followers ^= 1 << d.N(robot)
	case 10:
		c.commented = c.updated
		c.spent += 15 * (1 + d.N(20))
	case 11:
		today := int(c.updated / day)
		c.start, c.deadline = today+d.N(5), today+5+d.N(30)
		c.end = c.deadline + d.N(3)
		c.fix = d.N(len(versions))
	}
	return &c
}

// turn moves the issue to another status.
func (i *issue) turn(status int) {
	i.previous, i.status, i.statusAt = i.status, status, i.updated
	if status < stResolved {
		i.resolved, i.resolution, i.resolver = 0, none, none
		return
	}
	i.resolved, i.resolver = i.updated, i.updater
	i.resolution = int(i.updated) % len(resolutions)
}

// move is the issue after it was moved to another queue, where it gets a new key.
// The fields of the old queue stay behind.
func (i *issue) move(to address, d dice, at int64) *issue {
	c := *i
	c.before = i
	c.olds = append(c.olds[:len(c.olds):len(c.olds)], i.address())
	c.queue, c.num = to.queue, to.num
	c.channel, c.hours = none, none
	c.version++
	c.updated, c.updater = max(at, i.updated+1), d.N(robot+1)
	return &c
}

// members are the places of a set.
func members(set uint8) []int {
	list := make([]int, 0, bits.OnesCount8(set))
	for n := range 8 {
		if set&(1<<n) != 0 {
			list = append(list, n)
		}
	}
	return list
}
