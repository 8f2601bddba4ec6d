package tracker

import "strings"

// entity is one value of a dictionary.
type entity struct {
	id      int
	key     string
	display text
}

// names reports whether the entity is meant by a value of a query.
func (e *entity) names(value string) bool {
	return strings.EqualFold(value, e.key) || value == itoa(e.id) ||
		strings.EqualFold(value, e.display.ru) || strings.EqualFold(value, e.display.en)
}

// queue is one queue of the organisation.
type queue struct {
	entity
	note   string
	share  int  // of a hundred issues
	hidden bool // its issues are kept out of reports
}

var queues = []queue{
	{entity: entity{1, "SUPPORT", text{"Поддержка", "Support"}}, note: "most issues; local fields; new and changed ones as the hours pass", share: 50},
	{entity: entity{2, "DEV", text{"Разработка", "Development"}}, note: "issues that were moved here from other queues", share: 30},
	{entity: entity{7, "TREK", text{"Starship Trek", "Starship Trek"}}, note: "a local field with numbers", share: 12},
	{entity: entity{12, "HR", text{"Кадры", "Personnel"}}, note: "kept out of reports by its owner: a report has fewer rows than the count", share: 8, hidden: true},
}

var (
	statuses = []entity{
		{1, "open", text{"Открыт", "Open"}},
		{3, "inProgress", text{"В работе", "In progress"}},
		{2, "needInfo", text{"Требуется информация", "Need info"}},
		{6, "testing", text{"Тестируется", "Testing"}},
		{8, "resolved", text{"Решён", "Resolved"}},
		{9, "closed", text{"Закрыт", "Closed"}},
	}
	types = []entity{
		{1, "bug", text{"Ошибка", "Bug"}},
		{2, "task", text{"Задача", "Task"}},
		{3, "newFeature", text{"Новая возможность", "New feature"}},
		{4, "improvement", text{"Улучшение", "Improvement"}},
	}
	priorities = []entity{
		{1, "trivial", text{"Незначительный", "Trivial"}},
		{2, "minor", text{"Низкий", "Minor"}},
		{3, "normal", text{"Средний", "Normal"}},
		{4, "critical", text{"Критичный", "Critical"}},
		{5, "blocker", text{"Блокер", "Blocker"}},
	}
	resolutions = []entity{
		{1, "fixed", text{"Решён", "Fixed"}},
		{2, "wontFix", text{"Не будет исправлено", "Won't fix"}},
		{3, "duplicate", text{"Дубликат", "Duplicate"}},
	}
	components = []entity{
		{31, "31", text{"Веб-сайт", "Website"}},
		{32, "32", text{"Мобильное приложение", "Mobile app"}},
		{33, "33", text{"API; интеграции", "API; integrations"}},
	}
	versions = []entity{
		{51, "51", text{"1.0", "1.0"}},
		{52, "52", text{"1.1", "1.1"}},
		{53, "53", text{"2.0 «Весна»", "2.0 \"Spring\""}},
	}
	sprints = []entity{
		{71, "71", text{"Спринт 14", "Sprint 14"}},
		{72, "72", text{"Спринт 15", "Sprint 15"}},
	}
	projects = []entity{
		{81, "81", text{"Переезд, этап 1", "Move, stage 1"}},
		{82, "82", text{"Сайт acme.com", "Website acme.com"}},
	}
	channels = []entity{
		{1, "phone", text{"Телефон", "Phone"}},
		{2, "mail", text{"Почта", "Mail"}},
		{3, "chat", text{"Чат", "Chat"}},
	}
	tags = []string{"vip", "срочно", "на контроле", "regression", "a,b", "need \"quotes\""}
)

// The places of statuses and of the resolution that the life of an issue needs.
const (
	stOpen     = 0
	stResolved = 4
	none       = -1
)

var (
	verbs  = []string{"Не открывается", "Подготовить", "Проверить", "Fix", "Обновить", "Перенести", "Согласовать", "Investigate"}
	things = []string{"личный кабинет", "договор с «Ромашкой»", "import of orders", "прайс-лист", "отчёт за месяц", "форма оплаты", "базу знаний", "login page"}
	// remarks are what breaks naive exports.
	remarks = []string{
		"Клиент просил перезвонить\nпосле 18:00", "He said \"never again\"", "=HYPERLINK(\"http://example.org\",\"click\")", "a,b;c\td",
		"👍🏽 спасибо!", "C:\\temp\\new", "  пробелы по краям  ", "<b>жирный</b> & текст", "0123", "строка 1\r\nстрока 2", "10\u00a0000\u00a0₽", "-1+1",
		"\u2028разделитель строк", "NULL",
	}
)
