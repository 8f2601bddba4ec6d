package tracker

import (
	"slices"
	"strings"
)

// kind is what a field holds.
type kind int

const (
	kindText kind = iota
	kindTexts
	kindNumber
	kindMoment // milliseconds
	kindDay    // counted from 1970
	kindEntity // of a dictionary
	kindUser
	kindIssue
	kindSpan // minutes
	kindFlag
)

// field is one field of an issue: what the catalogue says about it, and how its
// values are had.
type field struct {
	key    string // in filters, queries and columns of reports
	json   string // in an issue
	name   text
	kind   kind
	many   bool
	fixed  bool // cannot be changed by users
	queue  string
	closed []entity // what it can be, for a kindEntity

	text   func(*world, *issue) string
	texts  func(*issue) []string
	number func(*issue) (float64, bool)
	moment func(*issue) int64
	whole  func(*issue) int // a day, or minutes
	places func(*issue) []int
}

// one makes places of a single value.
func one(of func(*issue) int) func(*issue) []int {
	return func(i *issue) []int {
		if n := of(i); n != none {
			return []int{n}
		}
		return nil
	}
}

// hexes are the ids of local fields: 24 hex digits before the key.
const (
	channelHex = "5f8c1d2e3a4b5c6d7e8f9a0b"
	hoursHex   = "69f66b9ef4141b7ae87d4e6e"
)

var fields = []field{
	{key: "key", json: "key", name: text{"Ключ", "Key"}, kind: kindText, fixed: true, text: func(_ *world, i *issue) string { return i.key() }},
	{key: "summary", json: "summary", name: text{"Задача", "Summary"}, kind: kindText, text: (*world).summary},
	{key: "description", json: "description", name: text{"Описание", "Description"}, kind: kindText, text: (*world).description},
	{key: "queue", json: "queue", name: text{"Очередь", "Queue"}, kind: kindEntity, closed: queueEntities(), places: one(func(i *issue) int { return i.queue })},
	{key: "type", json: "type", name: text{"Тип", "Type"}, kind: kindEntity, closed: types, places: one(func(i *issue) int { return i.typ })},
	{key: "priority", json: "priority", name: text{"Приоритет", "Priority"}, kind: kindEntity, closed: priorities, places: one(func(i *issue) int { return i.priority })},
	{key: "status", json: "status", name: text{"Статус", "Status"}, kind: kindEntity, closed: statuses, places: one(func(i *issue) int { return i.status })},
	{key: "previousStatus", json: "previousStatus", name: text{"Предыдущий статус", "Previous status"}, kind: kindEntity, fixed: true, closed: statuses, places: one(func(i *issue) int { return i.previous })},
	{key: "statusStartTime", json: "statusStartTime", name: text{"Время начала статуса", "Status start time"}, kind: kindMoment, fixed: true, moment: func(i *issue) int64 { return i.statusAt }},
	{key: "resolution", json: "resolution", name: text{"Резолюция", "Resolution"}, kind: kindEntity, closed: resolutions, places: one(func(i *issue) int { return i.resolution })},
	{key: "resolved", json: "resolvedAt", name: text{"Решено", "Resolved"}, kind: kindMoment, fixed: true, moment: func(i *issue) int64 { return i.resolved }},
	{key: "resolver", json: "resolvedBy", name: text{"Кем решено", "Resolver"}, kind: kindUser, fixed: true, places: one(func(i *issue) int { return i.resolver })},
	{key: "author", json: "createdBy", name: text{"Автор", "Author"}, kind: kindUser, fixed: true, places: one(func(i *issue) int { return i.author })},
	{key: "created", json: "createdAt", name: text{"Создано", "Created"}, kind: kindMoment, fixed: true, moment: func(i *issue) int64 { return i.created }},
	{key: "modifier", json: "updatedBy", name: text{"Кем изменено", "Modifier"}, kind: kindUser, fixed: true, places: one(func(i *issue) int { return i.updater })},
	{key: "updated", json: "updatedAt", name: text{"Обновлено", "Updated"}, kind: kindMoment, fixed: true, moment: func(i *issue) int64 { return i.updated }},
	{key: "lastComment", json: "lastCommentUpdatedAt", name: text{"Последний комментарий", "Last comment"}, kind: kindMoment, fixed: true, moment: func(i *issue) int64 { return i.commented }},
	{key: "assignee", json: "assignee", name: text{"Исполнитель", "Assignee"}, kind: kindUser, places: one(func(i *issue) int { return i.assignee })},
	{key: "followers", json: "followers", name: text{"Наблюдатели", "Followers"}, kind: kindUser, many: true, places: func(i *issue) []int { return members(i.followers) }},
	{key: "parent", json: "parent", name: text{"Родительская задача", "Parent"}, kind: kindIssue, places: one(func(i *issue) int { return i.parent })},
	{key: "epic", json: "epic", name: text{"Эпик", "Epic"}, kind: kindIssue, places: one(func(i *issue) int { return i.epic })},
	{key: "sprint", json: "sprint", name: text{"Спринт", "Sprint"}, kind: kindEntity, many: true, closed: sprints, places: one(func(i *issue) int { return i.sprint })},
	{key: "components", json: "components", name: text{"Компоненты", "Components"}, kind: kindEntity, many: true, closed: components, places: one(func(i *issue) int { return i.component })},
	{key: "fixVersions", json: "fixVersions", name: text{"Исправить в версиях", "Fix Version"}, kind: kindEntity, many: true, closed: versions, places: one(func(i *issue) int { return i.fix })},
	{key: "project", json: "project", name: text{"Проект", "Project"}, kind: kindEntity, closed: projects, places: one(func(i *issue) int { return i.project })},
	{key: "tags", json: "tags", name: text{"Теги", "Tags"}, kind: kindTexts, texts: tagsOf},
	{key: "votes", json: "votes", name: text{"Голоса", "Votes"}, kind: kindNumber, fixed: true, number: func(i *issue) (float64, bool) { return float64(i.votes), true }},
	{key: "storyPoints", json: "storyPoints", name: text{"Story Points", "Story Points"}, kind: kindNumber, number: func(i *issue) (float64, bool) { return float64(i.points) / 2, i.points != none }},
	{key: "start", json: "start", name: text{"Начало", "Start date"}, kind: kindDay, whole: func(i *issue) int { return i.start }},
	{key: "end", json: "end", name: text{"Завершение", "End date"}, kind: kindDay, whole: func(i *issue) int { return i.end }},
	{key: "deadline", json: "deadline", name: text{"Дедлайн", "Deadline"}, kind: kindDay, whole: func(i *issue) int { return i.deadline }},
	{key: "spent", json: "spent", name: text{"Затрачено времени", "Time spent"}, kind: kindSpan, fixed: true, whole: func(i *issue) int { return i.spent }},
	{key: "favorite", json: "favorite", name: text{"Избранное", "Favorite"}, kind: kindFlag, fixed: true},

	{key: "channel", json: channelHex + "--channel", name: text{"Канал обращения", "Channel"}, kind: kindEntity, queue: "SUPPORT", closed: channels, places: one(func(i *issue) int { return i.channel })},
	{key: "actualAmountOfHours", json: hoursHex + "--actualAmountOfHours", name: text{"Фактические часы", "Actual hours"}, kind: kindNumber, queue: "TREK", number: func(i *issue) (float64, bool) { return float64(i.hours) / 4, i.hours != none }},
}

func queueEntities() []entity {
	list := make([]entity, len(queues))
	for i := range queues {
		list[i] = queues[i].entity
	}
	return list
}

func tagsOf(i *issue) []string {
	var list []string
	for _, n := range members(i.tags) {
		list = append(list, tags[n])
	}
	return list
}

// global reports whether all queues have the field.
func (f *field) global() bool { return f.queue == "" }

// column finds a field by what filters, sorts and columns of reports call it.
func column(name string) *field {
	return fieldBy(func(f *field) bool { return f.global() && f.key == name || !f.global() && f.json == name })
}

// worded finds a field by what the query language calls it: its key or one of its
// names in any case, behind the queue if it is a local one.
func worded(name string) *field {
	queue, rest, local := strings.Cut(name, ".")
	return fieldBy(func(f *field) bool {
		n := name
		if !f.global() {
			if !local || !strings.EqualFold(queue, f.queue) {
				return false
			}
			n = rest
		}
		return strings.EqualFold(n, f.key) || strings.EqualFold(n, f.name.ru) || strings.EqualFold(n, f.name.en)
	})
}

func fieldBy(is func(*field) bool) *field {
	for i := range fields {
		if is(&fields[i]) {
			return &fields[i]
		}
	}
	return nil
}

// fields answers /fields.
func (s *Service) fields(in *request) (reply, error) {
	return ok(catalogue(in.lang, func(f *field) bool { return f.global() })), nil
}

// localFields answers /queues/{id}/localFields.
func (s *Service) localFields(in *request) (reply, error) {
	i := slices.IndexFunc(queues, func(q queue) bool { return q.key == in.id || itoa(q.id) == in.id })
	if i < 0 {
		return reply{}, notFound("Очередь не существует.", "The queue does not exist.")
	}
	return ok(catalogue(in.lang, func(f *field) bool { return f.queue == queues[i].key })), nil
}

func catalogue(l lang, is func(*field) bool) []object {
	list := []object{}
	for i := range fields {
		if f := &fields[i]; is(f) {
			list = append(list, f.definition(l, i))
		}
	}
	return list
}

// definition is what the catalogue says about a field.
func (f *field) definition(l lang, order int) object {
	typ := map[kind]string{
		kindText: "string", kindTexts: "string", kindNumber: "float", kindMoment: "datetime", kindDay: "date",
		kindEntity: f.key, kindUser: "user", kindIssue: "issue", kindSpan: "timetracking", kindFlag: "boolean",
	}[f.kind]
	schema := object{{"type", typ}, {"required", f.key == "summary" || f.key == "queue"}}
	if f.many || f.kind == kindTexts {
		schema = object{{"type", "array"}, {"items", typ}, {"required", false}}
	}
	id := f.key
	if !f.global() {
		id = f.json
	}
	o := object{
		{"self", self("fields/" + id)},
		{"id", id},
		{"key", f.key},
		{"name", f.name.in(l)},
		{"version", 1},
		{"schema", schema},
		{"readonly", f.fixed},
		{"options", f.closed != nil},
		{"suggest", f.kind == kindUser},
		{"order", order + 1},
		{"type", "standard"},
		{"queryProvider", object{{"type", "StringOptionalQueryProvider"}}},
		{"category", object{{"self", self("fields/categories/000000000000000000000001")}, {"id", "000000000000000000000001"}, {"display", text{"Системные", "System"}.in(l)}}},
	}
	if f.closed != nil {
		values := []any{}
		for i, e := range f.closed {
			if i%2 == 0 && e.key == itoa(e.id) {
				values = append(values, e.id) // numbers among the strings
			} else {
				values = append(values, e.key)
			}
		}
		o = append(o, member{"optionsProvider", object{{"type", "FixedListOptionsProvider"}, {"values", values}}})
	}
	if !f.global() {
		o = append(o, member{"queue", object{{"self", self("queues/" + f.queue)}, {"id", queueID(f.queue)}, {"key", f.queue}}})
	}
	return o
}

// queueID is a number here and text in an issue.
func queueID(key string) int {
	for i := range queues {
		if queues[i].key == key {
			return queues[i].id
		}
	}
	return 0
}
