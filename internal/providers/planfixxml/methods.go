package planfixxml

import (
	"slices"
	"strings"
)

// Style is how a method hands out its list.
type Style string

// The styles of lists.
const (
	// Pages: page by page.
	Pages Style = "pages"
	// Once: everything in one answer.
	Once Style = "one answer"
	// Tree: page by page, and one level of a tree at a time.
	Tree Style = "tree"
)

// Changes is how a method is asked for what has changed.
type Changes string

// The ways to ask for changes.
const (
	NoChanges Changes = ""
	// ByFilter: a filter on the moment of the last change.
	ByFilter Changes = "filter on the last change"
	// ByPeriod: parameters fromDate and toDate.
	ByPeriod Changes = "fromDate and toDate"
	// ByDateField: a filter on a date field of the user's choice.
	ByDateField Changes = "filter on a date field"
)

// Method is a list method of the API.
type Method struct {
	Name string
	// List and Item are the elements around the list and around each of its items.
	// Without a List it is the only element in the answer, whatever its name.
	List, Item string
	// Key is the item's element that tells items apart; empty if there is none.
	Key   string
	Style Style
	// Total is set when the list says how many items there are on all pages.
	Total bool
	// Sort is the parameter and its value that make new items come last.
	Sort, SortBy string
	// OneOf are parameters, as dotted paths, of which exactly one must be given.
	OneOf []string
	// Most is how many values that parameter may have in one call; 0 sets no bound.
	Most    int
	Changes Changes
}

// Methods are the list methods of the vendor's manual, in order of their names.
// client.getList is not in it any more; contact.getList with the target company is
// what has taken its place.
var Methods = []Method{
	{Name: "action.getList", List: "actions", Item: "action", Key: "id", Style: Pages, Total: true, Sort: "sort", SortBy: "asc", OneOf: []string{"task.id", "task.general", "contact.general"}},
	{Name: "action.getListByPeriod", List: "actions", Item: "action", Key: "id", Style: Pages, Total: true, Sort: "sort", SortBy: "asc", Changes: ByPeriod},
	{Name: "action.getListWithAnalitic", List: "actions", Item: "action", Key: "id", Style: Pages, Total: true, OneOf: []string{"analitic.id"}},
	{Name: "analitic.getData", List: "analiticDatas", Item: "analiticData", Key: "key", Style: Once},
	{Name: "analitic.getDataByCondition", List: "analiticDatas", Item: "analiticData", Key: "key", Style: Pages, OneOf: []string{"analitic.id"}, Changes: ByDateField},
	{Name: "analitic.getGroupList", Key: "id", Style: Once, Total: true},
	{Name: "analitic.getHandbook", List: "records", Item: "record", Key: "key", Style: Once},
	{Name: "analitic.getList", List: "analitics", Item: "analitic", Key: "id", Style: Once, Total: true},
	{Name: "analitic.getOptions", List: "fields", Item: "field", Key: "id", Style: Once, OneOf: []string{"analitic.id"}},
	{Name: "contact.getFilterList", Key: "id", Style: Once, Total: true},
	{Name: "contact.getList", List: "contacts", Item: "contact", Key: "id", Style: Pages, Total: true},
	{Name: "file.getListForClient", List: "files", Item: "file", Key: "id", Style: Pages, Total: true},
	{Name: "file.getListForProject", List: "files", Item: "file", Key: "id", Style: Pages, Total: true},
	{Name: "file.getListForTask", List: "files", Item: "file", Key: "id", Style: Pages, Total: true},
	{Name: "file.getListForUser", List: "files", Item: "file", Key: "id", Style: Pages, Total: true},
	{Name: "handbook.getGroupList", Key: "id", Style: Once, Total: true},
	{Name: "handbook.getList", List: "handbooks", Item: "handbook", Key: "id", Style: Once, Total: true},
	{Name: "handbook.getRecordMulti", List: "records", Item: "record", Key: "key", Style: Once},
	{Name: "handbook.getRecords", List: "records", Item: "record", Key: "key", Style: Tree, OneOf: []string{"handbook.id"}},
	{Name: "handbook.getStructure", List: "fields", Item: "field", Key: "id", Style: Once, OneOf: []string{"handbook.id"}},
	{Name: "project.getList", List: "projects", Item: "project", Key: "id", Style: Pages, Total: true, Sort: "sortType", SortBy: "NUMBER_ASC"},
	{Name: "task.getFilterList", Key: "id", Style: Once, Total: true},
	{Name: "task.getList", List: "tasks", Item: "task", Key: "id", Style: Pages, Total: true, Sort: "sort", SortBy: "NUMBER_ASC", Changes: ByFilter},
	{Name: "task.getMulti", List: "tasks", Item: "task", Key: "id", Style: Once, OneOf: []string{"tasks.id"}, Most: 100},
	{Name: "taskStatus.getListOfSet", Key: "id", Style: Once, Total: true},
	{Name: "taskStatus.getSetList", Key: "id", Style: Once, Total: true},
	{Name: "user.getList", List: "users", Item: "user", Key: "id", Style: Pages, Total: true, Sort: "sortType", SortBy: "NAME_ASC"},
	{Name: "userGroup.getList", List: "userGroups", Item: "userGroup", Key: "id", Style: Pages, Total: true},
}

// find returns the method with the name, or nil.
func find(name string) *Method {
	if i := slices.IndexFunc(Methods, func(m Method) bool { return m.Name == name }); i >= 0 {
		return &Methods[i]
	}
	return nil
}

// similar returns the known method that differs from the name in the case of
// letters only, or "".
func similar(name string) string {
	i := slices.IndexFunc(Methods, func(m Method) bool { return strings.EqualFold(m.Name, name) })
	if i < 0 {
		return ""
	}
	return Methods[i].Name
}

// methodTable is the table of methods for the reference page.
func methodTable() string {
	var b strings.Builder
	b.WriteString("| method | item | key | how it comes | says how many there are | changes |\n|---|---|---|---|---|---|\n")
	for _, m := range Methods {
		item, key, total, changes := "as it comes", "", "no", string(m.Changes)
		if m.Item != "" {
			item = "`" + m.List + "/" + m.Item + "`"
		}
		if m.Key != "" {
			key = "`" + m.Key + "`"
		}
		if m.Total {
			total = "yes"
		}
		b.WriteString("| `" + m.Name + "` | " + item + " | " + key + " | " + string(m.Style) + " | " + total + " | " + changes + " |\n")
	}
	return b.String()
}
