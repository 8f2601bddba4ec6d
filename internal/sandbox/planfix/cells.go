package planfix

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// What the cells are made of.
var (
	people = []string{
		"Анна Смирнова", "Иван Петров", "Ольга Кузнецова", "Дмитрий Соколов", "Мария Попова", "Сергей Лебедев",
		"Ann Example", "John Smith", "Елена Новикова", "Артём Ёлкин",
	}
	firms = []string{
		"ООО «Ромашка»", "АО «Северный путь»", "ИП Ковалёв А. А.", "ACME LLC", "ООО «Вектор-Плюс»", "Blue Harbor Ltd.",
		"ЗАО «Техномаш»", "ООО «Мясной двор»",
	}
	regions  = []string{"Москва", "Санкт-Петербург", "Казань", "Екатеринбург", "Новосибирск", "Almaty", "Yerevan"}
	states   = []string{"Новая", "В работе", "Выполненная", "Отложенная", "Завершённая"}
	sources  = []string{"Site form", "Telegram", "Звонок", "Выставка", "Partner", "Рекомендация"}
	projects = []string{"Сайт acme.com", "Переезд склада", "CRM rollout", "Ремонт офиса", "Мобильное приложение"}
	goods    = []string{"Стол письменный", "Кресло «Лидер»", "Лампа LED 12 Вт", "Monitor 27\"", "Шкаф-купе", "Клавиатура", "Кабель HDMI 2 м"}
	verbs    = []string{"Позвонить клиенту", "Подготовить договор", "Отправить счёт", "Согласовать макет", "Fix the import", "Обновить прайс"}
	// remarks are what breaks naive exports.
	remarks = []string{
		"Call the customer\nabout delivery", "Просил перезвонить\r\nпосле 18:00", "Сказал: «Всё отлично»", "He said \"never again\"",
		"=HYPERLINK(\"http://example.org\",\"click\")", "+7 900 000-00-00", "@SUM(A1:A9)", "-1+1", "👍🏽 спасибо!", "🚚 доставка 10\u00a0000\u00a0₽",
		"a,b;c\td", "C:\\temp\\new", "  пробелы по краям  ", "", "\u200bнулевой пробел", "' OR 1=1 --", "<b>жирный</b> & текст", "e\u0301 и é",
		"\u202eслева направо", "NULL", "0123", "1e5", "ИТОГО",
	}
	epoch = time.Date(2025, 1, 9, 8, 0, 0, 0, time.UTC)
)

// blank is the cell of a column that has nothing.
func blank(*pen) cell { return cell{} }

// choose takes one of several texts, the same in all saves.
func choose(from ...string) func(*pen) cell {
	return func(p *pen) cell { return cell{text: from[p.fixed.IntN(len(from))]} }
}

// sometimes leaves a cell empty in some saves and rows.
func sometimes(of func(*pen) cell) func(*pen) cell {
	return func(p *pen) cell {
		c := of(p)
		if p.live.IntN(3) == 0 {
			return cell{}
		}
		return c
	}
}

// state is a text that changes from save to save.
func state(p *pen) cell { return cell{text: states[p.live.IntN(len(states))]} }

// number counts the rows up from a number.
func number(prefix string, from int) func(*pen) cell {
	return func(p *pen) cell { return cell{text: prefix + strconv.Itoa(from+p.row)} }
}

// count is a small quantity, sent as a JSON number.
func count(most int) func(*pen) cell {
	return func(p *pen) cell { return cell{text: strconv.Itoa(p.live.IntN(most) + 1), number: true} }
}

// money is an amount with a decimal comma, and non-breaking spaces in thousands.
func money(decimals, most int) func(*pen) cell {
	return func(p *pen) cell { return cell{text: amount(p.live, decimals, most)} }
}

func amount(rnd *rand.Rand, decimals, most int) string {
	s := grouped(rnd.IntN(most))
	if decimals > 0 {
		s += fmt.Sprintf(",%0*d", decimals, rnd.IntN(100))
	}
	return s
}

// grouped writes a number in groups of three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return s
}

// date is a day, later in later rows.
func date(p *pen) cell {
	return cell{text: epoch.Add(time.Duration(p.row)*37*time.Minute + time.Duration(p.fixed.IntN(600))*time.Minute).Format("02-01-2006")}
}

// moment is a day with a time.
func moment(p *pen) cell {
	return cell{text: epoch.Add(time.Duration(p.row) * 37 * time.Minute).Format("02-01-2006 15:04")}
}

// duration is a time spent, as the account's settings show it.
func duration(p *pen) cell {
	m := p.live.IntN(600) + 5
	return cell{text: fmt.Sprintf("%d ч %02d мин", m/60, m%60)}
}

func phone(p *pen) cell {
	return cell{text: fmt.Sprintf("+7 9%02d %03d-%02d-%02d", p.fixed.IntN(100), p.fixed.IntN(1000), p.fixed.IntN(100), p.fixed.IntN(100))}
}

// person is an employee, with a link to the card.
func person(p *pen) cell {
	n := p.fixed.IntN(len(people))
	return cell{text: people[n], link: p.report.key("user", 400+n)}
}

// task is a task's number, with a link to it.
func task(p *pen) cell {
	n := 23525 + p.row
	return cell{text: strconv.Itoa(n), link: p.report.key("task", n)}
}

// firm is a customer, with a link to the card.
func firm(p *pen) cell {
	n := p.fixed.IntN(len(firms))
	return cell{text: firms[n], link: p.report.key("contact", 700+n)}
}

// work is a task's title.
func work(p *pen) cell {
	return cell{text: verbs[p.fixed.IntN(len(verbs))] + ": " + strings.ToLower(projects[p.fixed.IntN(len(projects))])}
}

// note is a plain remark.
func note(p *pen) cell {
	return cell{text: verbs[p.fixed.IntN(len(verbs))] + " — " + regions[p.fixed.IntN(len(regions))] + ", до " + moment(p).text}
}

// remark goes through the awkward texts, one a row.
func remark(p *pen) cell { return cell{text: remarks[p.row%len(remarks)]} }
