package planfixxml

import (
	"slices"
	"strings"
	"time"
)

func (s *Service) contacts(in *request, _ time.Time) ([]row, *refusal) {
	from, n := 0, persons
	switch in.text("target") {
	case "", "contact":
	case "company":
		from, n = persons, companies
	default:
		return nil, badValue("target")
	}
	updated := slices.ContainsFunc(in.all("fields", "field"), func(e *element) bool { return strings.TrimSpace(e.Text) == "lastUpdateDate" })
	var out []row
	for i := from; i < from+n; i++ {
		out = append(out, func(b *builder) { s.world.writeContact(b, i, updated) })
	}
	return out, nil
}

func (w *world) writeContact(b *builder, n int, updated bool) {
	d := newDice(w.seed, forContact, n)
	p := pick(d, people)
	b.number("id", 51+n)
	b.number("userid", 7001+n)
	b.number("general", 12_300+n)
	b.in("template", func() { b.number("id", 3) })
	b.text("name", p.first)
	b.text("lastName", p.last)
	b.flag("isCompany", n >= persons)
	b.text("post", "")
	b.text("email", "c"+itoa(n)+"@example.org")
	b.in("phones", func() {
		for i := range d.N(3) {
			b.in("phone", func() {
				b.text("number", "+7 900 000-"+itoa(10+n%90)+"-0"+itoa(i))
				b.number("typeId", 1)
				b.text("typeName", "Mobile")
			})
		}
	})
	b.text("address", "")
	b.text("description", "")
	b.text("sex", "MALE")
	b.text("birthdate", "13-03-1987")
	b.flag("havePlanfixAccess", false)
	b.in("contractors", func() { b.in("client", func() { b.number("id", 90); b.text("name", "ACME LLC") }) })
	b.in("customData", func() { b.custom(10_123, "Code", "A-"+itoa(n), "A-"+itoa(n)) })
	if updated {
		b.text("lastUpdateDate", local(w.born.Add(-time.Duration(n)*time.Hour)))
	}
}
