package tracker

import "strings"

// user is somebody of the organisation.
type user struct {
	login    string
	display  text
	id       string
	passport int
	cloud    string
	group    text
}

var users = []user{
	{"anna.ivanova", text{"Анна Иванова", "Anna Ivanova"}, "8000000000000004", 1234567890, "aje71i6t2tuvanuoimem", text{"Поддержка", "Support team"}},
	{"boris.petrov", text{"Борис Петров", "Boris Petrov"}, "8000000000000005", 1234567891, "aje8s0mq0c1vds3hpr2k", text{"Разработка", "Developers"}},
	{"olga.kuz", text{"Ольга Кузнецова", "Olga Kuznetsova"}, "8000000000000006", 1234567892, "aje2m1hd7b8t5nq4x0ce", text{"Поддержка", "Support team"}},
	{"d.sokolov", text{"Дмитрий Соколов", "Dmitry Sokolov"}, "8000000000000007", 1234567893, "ajef5u2q9k0w3z6y8r1t", text{"Разработка", "Developers"}},
	{"mary.smith", text{"Mary Smith", "Mary Smith"}, "8000000000000008", 1234567894, "aje0p9o8i7u6y5t4r3e2", text{"Поддержка", "Support team"}},
	{"elkin", text{"Артём «Тёма» Ёлкин", "Artyom \"Tyoma\" Yolkin"}, "8000000000000009", 1234567895, "ajeq1w2e3r4t5y6u7i8o", text{"Разработка", "Developers"}},
	{"tracker-robot", text{"Робот Трекера", "Tracker Robot"}, "8000000000000001", 1234567800, "ajer0b0t0000000000z1", text{}},
}

const robot = 6

// ref is the user as other objects name it: without the login.
func (u *user) ref(l lang) object {
	return object{
		{"self", self("users/" + u.id)}, {"id", u.id}, {"display", u.display.in(l)}, {"cloudUid", u.cloud}, {"passportUid", u.passport},
	}
}

// names reports whether the user is meant by a value of a query.
func (u *user) names(value string) bool {
	if login, ok := strings.CutSuffix(value, "@"); ok {
		return strings.EqualFold(login, u.login)
	}
	return strings.EqualFold(value, u.login) || value == u.id || strings.EqualFold(value, u.display.ru) || strings.EqualFold(value, u.display.en)
}

// self is the address that the service gives its objects.
func self(path string) string { return "https://api.tracker.yandex.net/v3/" + path }

// myself answers /myself.
func (s *Service) myself(in *request) (reply, error) {
	u := in.user()
	first, last, _ := strings.Cut(u.display.in(in.lang), " ")
	return ok(object{
		{"self", self("users/" + u.id)},
		{"uid", u.passport},
		{"login", u.login},
		{"trackerUid", u.passport + 8_000_000_000},
		{"passportUid", u.passport},
		{"cloudUid", u.cloud},
		{"firstName", first},
		{"lastName", last},
		{"display", u.display.in(in.lang)},
		{"email", u.login + "@example.com"},
		{"external", false},
		{"hasLicense", true},
		{"dismissed", false},
	}), nil
}
