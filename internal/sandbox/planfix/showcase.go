package planfix

import "time"

const (
	firstReport = 26000
	chunkRows   = 1000
	day         = 24 * time.Hour
)

// showcase are the account's reports. Each has something that the service does and
// that an export must get right.
func showcase() []*report {
	hourly := time.Hour
	return []*report{
		{
			id: firstReport, name: "Weekly sales", note: "4 saves of 2 and 3 chunks; a new one every hour; amounts with a decimal comma",
			backlog: 4, interval: 7 * day, every: hourly,
			chunk: chunkRows, rows: func(save int64) int { return int(min(1992+(save-firstSave)/2, 2900)) },
			dialect: dialect{counts: countOnly, utcSeconds: true},
			columns: []column{
				{title: "Order", make: number("S-", 100_001)},
				{title: "Date", make: date},
				{title: "Customer", make: firm},
				{title: "Product", make: choose(goods...)},
				{title: "Quantity", make: count(40)},
				{title: "Price", make: money(2, 90_000)},
				{title: "Amount", formula: "Quantity*Price", make: money(2, 900_000)},
				{title: "Status", make: state},
			},
		},
		{
			id: 26014, name: "Time spent by project", note: "the header is repeated in every chunk; dateTime is a string; chunksCount and chunks",
			backlog: 2, interval: day, every: hourly, phase: 7 * time.Minute,
			chunk: chunkRows, rows: steady(1400),
			dialect: dialect{counts: countBoth, repeatHeader: true, stringDate: true},
			columns: []column{
				{title: "Project", make: choose(projects...)},
				{title: "Task", make: task},
				{title: "Employee", make: person},
				{title: "Date", make: date},
				{title: "Time spent", make: duration},
			},
		},
		{
			id: 26021, name: "План/факт по менеджерам", note: "titles that repeat or are empty; short rows; a slash in the name; chunks only, as the last index",
			backlog: 3, interval: day, every: hourly, phase: 13 * time.Minute,
			chunk: chunkRows, rows: steady(60),
			dialect: dialect{counts: countOld, shortRows: true},
			columns: []column{
				{title: "Менеджер", make: person},
				{title: "Сумма", make: money(0, 5_000_000)},
				{title: "Сумма", make: money(0, 5_000_000)},
				{title: "", make: count(100)},
				{title: "Комментарий", make: sometimes(note)},
				{title: "", make: sometimes(choose(sources...))},
			},
		},
		{
			id: 26033, name: "Дебиторская задолженность", note: "grouped: rows of depth 1 between group rows, and total rows of a type of their own",
			backlog: 2, interval: day, every: hourly, phase: 19 * time.Minute,
			chunk: chunkRows, rows: steady(30 * groupRows),
			shape:   groupShape,
			dialect: dialect{counts: countMixed, utcSeconds: true},
			columns: []column{
				{title: "Контрагент", make: groupTitle},
				{title: "Счёт", make: member(number("Р-", 500))},
				{title: "Срок оплаты", make: member(date)},
				{title: "Долг, ₽", make: money(2, 900_000)},
			},
		},
		{
			id: 26040, name: "Комментарии клиентов", note: "line breaks, tabs, quotes, emoji, formulas; the data is not wrapped and escaped to ASCII",
			backlog: 2, interval: day, every: hourly, phase: 29 * time.Minute,
			chunk: chunkRows, rows: steady(230),
			dialect: dialect{counts: countMixed, bare: true, escaped: true},
			columns: []column{
				{title: "№", make: number("", 1)},
				{title: "Клиент", make: firm},
				{title: "Комментарий", make: remark},
				{title: "Оценка", make: count(5)},
				{title: "Ответ\nменеджера", make: sometimes(note)},
			},
		},
		{
			id: 26052, name: "Зарплатная ведомость", note: "no saves: the token's user is no recipient; it can be generated",
			chunk: chunkRows, rows: steady(25),
			dialect: dialect{counts: countOnly},
			columns: []column{
				{title: "Сотрудник", make: person},
				{title: "Оклад", make: money(0, 300_000)},
				{title: "Премия", make: money(0, 90_000)},
			},
		},
		{
			id: 26066, name: "Leads by source", note: "hidden columns, links; the definition comes under the misspelt key",
			backlog: 3, interval: day, every: hourly, phase: 37 * time.Minute,
			chunk: chunkRows, rows: steady(180),
			dialect: dialect{counts: countBoth, repost: true, utcSeconds: true},
			columns: []column{
				{title: "Lead", make: task},
				{title: "Internal key", hidden: true, make: number("k", 9000)},
				{title: "Source", make: choose(sources...)},
				{title: "Contact", make: firm},
				{title: "Phone", make: phone},
				{title: "Margin", hidden: true, formula: "Amount*0.2", make: money(2, 9_000)},
				{title: "Amount", make: money(2, 90_000)},
				{title: "Reserved", make: blank},
			},
		},
		{
			id: 26080, name: "Реестр задач", note: "large: about 30,000 rows in 30 chunks; a new save every day",
			backlog: 1, interval: day, every: day, phase: 43 * time.Minute,
			chunk: chunkRows, rows: steady(29_650),
			dialect: dialect{counts: countOnly},
			columns: []column{
				{title: "Номер", make: task},
				{title: "Название", make: work},
				{title: "Исполнитель", make: person},
				{title: "Статус", make: state},
				{title: "Создана", make: moment},
				{title: "Регион", make: choose(regions...)},
				{title: "Трудозатраты", make: duration},
				{title: "Бюджет", make: money(2, 400_000)},
			},
		},
	}
}

// steady is a report that always has the same number of rows.
func steady(n int) func(int64) int { return func(int64) int { return n } }

// groupRows are the rows of one group: its title, its members and its total.
const groupRows = 8

// groupShape says what a row of a grouped report is.
func groupShape(i int) (kind string, depth int) {
	switch i % groupRows {
	case 0:
		return kindNormal, 0
	case groupRows - 1:
		return kindTotal, 0
	default:
		return kindNormal, 1
	}
}

// groupTitle is the first column of a grouped report.
func groupTitle(p *pen) cell {
	switch {
	case p.depth == 1:
		return cell{}
	case p.kind == kindTotal:
		return cell{text: "Итого"}
	}
	n := p.row / groupRows
	return cell{text: firms[n%len(firms)], link: p.report.key("contact", 700+n%len(firms))}
}

// member is a cell that only the members of a group have.
func member(of func(*pen) cell) func(*pen) cell {
	return func(p *pen) cell {
		if p.depth == 0 {
			return cell{}
		}
		return of(p)
	}
}
