package planfixxml

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// lists are the methods of the service that give lists, as far as it is simulated.
var lists = []list{
	{
		method: "task.getList", container: "tasks", item: "task", paged: true, total: true, counted: true, countOnly: true,
		params: []string{"user", "target", "project", "parent", "sort", "status", "filter", "filters"},
		sorts:  []string{"NUMBER_ASC", "NUMBER_DESC"}, rows: (*Service).tasks,
	},
	{
		method: "task.getMulti", container: "tasks", item: "task", counted: true, params: []string{"tasks"}, required: []string{"tasks/id"},
		rows: (*Service).taskMulti,
	},
	{method: "task.getFilterList", container: "taskFilterList", item: "taskFilter", total: true, counted: true, rows: (*Service).taskFilters},
	{
		method: "contact.getList", container: "contacts", item: "contact", paged: true, total: true, counted: true, countOnly: true,
		params: []string{"target", "company", "search", "filters", "fields"}, rows: (*Service).contacts,
	},
	{method: "contact.getFilterList", container: "contactFilterList", item: "contactFilter", total: true, counted: true, rows: (*Service).contactFilters},
	{
		method: "project.getList", container: "projects", item: "project", paged: true, total: true, counted: true, countOnly: true,
		params: []string{"user", "target", "status", "sortType", "client", "filters"},
		sorts:  []string{"TITLE_ASC", "TITLE_DESC", "NUMBER_ASC", "NUMBER_DESC"}, rows: (*Service).projects,
	},
	{
		method: "user.getList", container: "users", item: "user", paged: true, total: true, counted: true, countOnly: true,
		params: []string{"status", "onlyOnline", "userGroup", "sortType", "filters"}, sorts: []string{"NAME_ASC", "NAME_DESC"}, rows: (*Service).users,
	},
	{method: "userGroup.getList", container: "userGroups", item: "userGroup", paged: true, total: true, counted: true, rows: (*Service).userGroups},
	{
		method: "action.getList", container: "actions", item: "action", paged: true, total: true, counted: true,
		params: []string{"task", "contact", "sort"}, sorts: []string{"asc", "desc"}, rows: (*Service).actions,
	},
	{
		method: "action.getListByPeriod", container: "actions", item: "action", paged: true, total: true, counted: true,
		params: []string{"fromDate", "toDate", "task", "sort"}, required: []string{"fromDate", "toDate"}, sorts: []string{"asc", "desc"},
		rows: (*Service).actionsByPeriod,
	},
	{
		method: "action.getListWithAnalitic", container: "actions", item: "action", paged: true, total: true, counted: true,
		params: []string{"analitic", "task"}, required: []string{"analitic/id"}, rows: (*Service).actionsWithAnalytics,
	},
	{method: "analitic.getList", container: "analitics", item: "analitic", total: true, counted: true, params: []string{"analiticGroup"}, rows: (*Service).analyticsList},
	{method: "analitic.getGroupList", container: "analiticGroups", item: "analiticGroup", total: true, counted: true, rows: (*Service).analyticsGroups},
	{
		method: "analitic.getOptions", container: "fields", item: "field", params: []string{"analitic"}, required: []string{"analitic/id"},
		rows: (*Service).analyticsFields, around: aroundOptions,
	},
	{method: "analitic.getData", container: "analiticDatas", item: "analiticData", params: []string{"analiticKeys"}, required: []string{"analiticKeys/key"}, rows: (*Service).analyticsByKey},
	{
		method: "analitic.getDataByCondition", container: "analiticDatas", item: "analiticData", paged: true,
		params: []string{"analitic", "task", "filters"}, required: []string{"analitic/id"}, rows: (*Service).analyticsByCondition,
	},
	{method: "analitic.getHandbook", container: "records", item: "record", params: []string{"handbook"}, required: []string{"handbook/id"}, rows: (*Service).analyticsHandbook},
	{method: "handbook.getList", container: "handbooks", item: "handbook", total: true, counted: true, params: []string{"group"}, rows: (*Service).handbooks},
	{method: "handbook.getGroupList", container: "handbookGroups", item: "handbookGroup", total: true, counted: true, rows: (*Service).handbookGroups},
	{
		method: "handbook.getStructure", container: "fields", item: "field", params: []string{"handbook"}, required: []string{"handbook/id"},
		rows: (*Service).handbookStructure, around: aroundStructure,
	},
	{
		method: "handbook.getRecords", container: "records", item: "record", paged: true, params: []string{"handbook", "parentKey"},
		required: []string{"handbook/id"}, rows: (*Service).handbookRecords,
	},
	{method: "taskStatus.getSetList", container: "taskStatusSets", item: "taskStatusSet", total: true, rows: (*Service).statusSets},
	{
		method: "taskStatus.getListOfSet", container: "taskStatuses", item: "taskStatus", total: true, params: []string{"taskStatusSet"},
		required: []string{"taskStatusSet/id"}, rows: (*Service).statuses,
	},
	{
		method: "file.getListForTask", container: "files", item: "file", paged: true, total: true, counted: true, params: []string{"task", "returnDownloadLinks"},
		rows: (*Service).files,
	},
}

func (s *Service) tasks(in *request, now time.Time) ([]row, *refusal) {
	if t := in.text("target"); t != "" && !slices.Contains([]string{"all", "in", "out", "template", "periodic"}, t) {
		if _, err := strconv.Atoi(t); err != nil {
			return nil, badValue("target")
		}
	}
	keep, ref := filters(in)
	if ref != nil {
		return nil, ref
	}
	var extras []extra
	if err := s.memory.View(func(m *memory) { extras = slices.Clone(m.Extra) }); err != nil {
		return nil, refuse("0102", err.Error())
	}
	all := s.world.tasks(now, extras)
	if in.text("sort") != "NUMBER_ASC" {
		slices.Reverse(all)
	}
	var out []row
	for _, t := range all {
		if keep(t) && (in.text("project/id") == "" || in.text("project/id") == itoa(s.world.projectOf(t).id)) {
			out = append(out, func(b *builder) { s.world.writeTask(b, t, false) })
		}
	}
	return out, nil
}

func (w *world) projectOf(t *task) thing { return projects[t.n%len(projects)] }

// filters makes the test that the filters of a request ask for.
func filters(in *request) (func(*task) bool, *refusal) {
	var tests []func(*task) bool
	for _, f := range in.all("filters", "filter") {
		if op := f.text("operator"); op != "equal" {
			return nil, badValue("operator")
		}
		from, to, ref := window(f)
		if ref != nil {
			return nil, ref
		}
		of := map[string]func(*task) time.Time{
			"12": func(t *task) time.Time { return t.created },
			"38": func(t *task) time.Time { return t.changed },
			"79": func(t *task) time.Time { return t.changed },
		}[f.text("type")]
		if of == nil {
			return nil, badValue("type")
		}
		tests = append(tests, func(t *task) bool { return !of(t).Before(from) && of(t).Before(to) })
	}
	return func(t *task) bool {
		for _, ok := range tests {
			if !ok(t) {
				return false
			}
		}
		return true
	}, nil
}

// window reads the value of a filter by time, in the user's time zone.
func window(f *element) (from, to time.Time, ref *refusal) {
	kind := f.text("value/datetype")
	form, days := "02-01-2006", 1
	if strings.HasSuffix(kind, "_withtime") {
		form, days = "02-01-2006 15:04", 0
	}
	read := func(name string) time.Time {
		at, err := time.ParseInLocation(form, f.text("value/"+name), zone)
		if err != nil {
			ref = badValue(name)
		}
		return at
	}
	switch strings.TrimSuffix(kind, "_withtime") {
	case "anotherperiod":
		from, to = read("datefrom"), read("dateto")
	case "anotherdate":
		from = read("datevalue")
		to = from
	default:
		return from, to, badValue("datetype")
	}
	if days == 0 {
		return from, to.Add(time.Minute), ref
	}
	return from, to.AddDate(0, 0, days), ref
}

func (w *world) writeTask(b *builder, t *task, members bool) {
	d := newDice(w.seed, forTask, t.n)
	p, owner := w.projectOf(t), &people[t.n%len(people)]
	b.number("id", t.id())
	title := pick(d, titles) + " " + itoa(t.n)
	if t.edits > 0 {
		title += " (" + itoa(t.edits) + ")"
	}
	b.text("title", title)
	b.text("description", "<p>Текст &amp; <b>"+title+"</b></p>")
	b.text("importance", "AVERAGE")
	b.number("status", 1+(t.n+t.edits)%5)
	b.number("statusSet", 2)
	b.number("checkResult", 1)
	b.text("type", "task")
	b.ref("owner", owner.id, owner.name())
	b.in("parent", func() { b.number("id", 0) })
	b.in("template", func() { b.number("id", 61_566) })
	b.in("project", func() { b.number("id", p.id); b.text("title", p.name) })
	b.ref("client", 0, "")
	b.text("beginDateTime", local(t.created))
	b.text("startTime", localDate(t.created))
	b.text("endTime", localDate(t.created.AddDate(0, 1, 0)))
	b.number("general", t.general())
	b.flag("isOverdued", t.n%7 == 0)
	b.flag("isCloseToDeadline", false)
	b.flag("isNotAcceptedInTime", false)
	b.flag("starred", false)
	b.in("customData", func() {
		minutes := itoa(30 + (t.n*37+t.edits)%600)
		b.custom(72, "Output, min", minutes, minutes+" min")
		next := ""
		if t.n%2 == 0 {
			next = localDate(t.created.AddDate(0, 0, 14))
		}
		b.custom(34, "Next contact", next, next)
	})
	if !members {
		b.text("workers", "")
		return
	}
	b.in("workers", func() {
		b.in("users", func() {
			for i := range 1 + t.n%3 {
				u := &people[(t.n+i)%len(people)]
				b.ref("user", u.id, u.name())
			}
		})
		b.text("groups", "")
	})
}

func (b *builder) custom(id int, name, value, text string) {
	b.in("customValue", func() {
		b.ref("field", id, name)
		b.text("value", value)
		b.text("text", text)
	})
}

func (s *Service) taskMulti(in *request, now time.Time) ([]row, *refusal) {
	ids := in.all("tasks", "id")
	if len(ids) > maxPage {
		return nil, errSize
	}
	var out []row
	for _, t := range s.world.tasks(now, nil) {
		if slices.ContainsFunc(ids, func(e *element) bool { return strings.TrimSpace(e.Text) == itoa(t.id()) }) {
			out = append(out, func(b *builder) { s.world.writeTask(b, t, true) })
		}
	}
	return out, nil
}

func named(list []thing, title string) []row {
	var out []row
	for _, t := range list {
		out = append(out, func(b *builder) { b.number("id", t.id); b.text(title, t.name) })
	}
	return out
}

func (s *Service) taskFilters(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{701, "Мои просроченные"}, {702, "Без срока"}}, "name"), nil
}

func (s *Service) contactFilters(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{801, "Новые"}}, "name"), nil
}

func (s *Service) userGroups(*request, time.Time) ([]row, *refusal) {
	return named(userGroups, "name"), nil
}

func (s *Service) statusSets(*request, time.Time) ([]row, *refusal) {
	return named([]thing{{2, "Обычный"}}, "name"), nil
}

func (s *Service) statuses(in *request, _ time.Time) ([]row, *refusal) {
	if in.text("taskStatusSet/id") != "2" {
		return nil, badValue("taskStatusSet")
	}
	return named([]thing{{1, "Новая"}, {2, "В работе"}, {3, "Завершённая"}, {4, "Отложенная"}, {5, "Отменённая"}}, "name"), nil
}

const (
	persons   = 130
	companies = 20
)

func (s *Service) projects(in *request, _ time.Time) ([]row, *refusal) {
	if v := in.text("status"); v != "" && !slices.Contains([]string{"DRAFT", "ACTIVE", "COMPLETED"}, v) {
		return nil, badValue("status")
	}
	var out []row
	for _, p := range projects {
		out = append(out, func(b *builder) {
			b.number("id", p.id)
			b.text("title", p.name)
			b.text("description", "")
			b.ref("owner", people[0].id, people[0].name())
			b.ref("client", 0, "")
			b.text("status", "ACTIVE")
			b.flag("hidden", false)
			b.flag("hasEndDate", true)
			b.text("endDate", "31-12-2026")
			b.text("beginDate", "01-02-2025")
			b.number("taskCount", 14)
		})
	}
	if strings.HasSuffix(in.text("sortType"), "_DESC") {
		slices.Reverse(out)
	}
	return out, nil
}

func (s *Service) users(in *request, _ time.Time) ([]row, *refusal) {
	var out []row
	for i := range people {
		p := &people[i]
		if v := in.text("status"); v != "" && v != p.status {
			continue
		}
		out = append(out, func(b *builder) {
			b.number("id", p.id)
			b.number("general", 100+i)
			b.text("name", p.first)
			b.text("lastName", p.last)
			b.text("midName", "")
			b.text("login", p.login)
			b.text("email", p.login+"@example.org")
			b.text("status", p.status)
			b.text("timezone", p.timezone)
			b.in("userGroups", func() {
				g := userGroups[i%len(userGroups)]
				b.ref("userGroup", g.id, g.name)
			})
		})
	}
	return out, nil
}

func (s *Service) files(in *request, _ time.Time) ([]row, *refusal) {
	if in.text("task/id") == "" && in.text("task/general") == "" {
		return nil, missing("task")
	}
	var out []row
	for i := range 3 {
		out = append(out, func(b *builder) {
			b.number("id", 4000+i)
			b.text("name", "файл "+itoa(i)+".pdf")
			b.number("size", 1000*(i+1))
		})
	}
	return out, nil
}
