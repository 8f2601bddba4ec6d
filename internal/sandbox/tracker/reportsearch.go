package tracker

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// reportOrders are what reports can be sorted by, and what the answer calls it.
var reportOrders = []struct {
	name, inside string
	compare      func(a, b *report) int
}{
	{"id", "id", func(a, b *report) int { return cmp.Compare(a.ID, b.ID) }},
	{"self", "self", func(a, b *report) int { return cmp.Compare(a.ID, b.ID) }},
	{"shortId", "shortId", func(a, b *report) int { return cmp.Compare(a.short, b.short) }},
	{"createdBy", "author", func(a, b *report) int { return cmp.Compare(a.Author, b.Author) }},
	{"createdAt", "created", func(a, b *report) int { return a.At.Compare(b.At) }},
	{"updatedAt", "updated", func(a, b *report) int { return a.At.Compare(b.At) }},
}

// reports answers /entities/report/_search. A filter by anything but id, shortId and
// author has no effect.
func (s *Service) reports(in *request) (reply, error) {
	if s.opt.is(swSearch, "400") && in.query.Has("fields") {
		return reply{}, bad("fields", "Параметр не поддерживается для отчётов", "The parameter is not supported for reports")
	}
	size, ref := in.number("perPage", 50, 1, maxPage)
	if ref != nil {
		return reply{}, ref
	}
	page, ref := in.number("page", 1, 1, window)
	if ref != nil {
		return reply{}, ref
	}
	wanted, ref := s.wanted(in)
	if ref != nil {
		return reply{}, ref
	}
	list, patches, err := s.existing(in.now)
	if err != nil {
		return reply{}, err
	}
	list = slices.DeleteFunc(list, func(r report) bool { return !wanted(&r) })
	echo, ref := in.sortReports(list)
	if ref != nil {
		return reply{}, ref
	}
	values := []object{}
	for i := min((page-1)*size, len(list)); i < min(page*size, len(list)); i++ {
		o := s.describe(&list[i], patches[list[i].ID], in)
		if shown := s.contents(&list[i], patches[list[i].ID], in); shown != nil && s.opt.is(swSearch, on) {
			o = append(o, member{"fields", shown})
		}
		values = append(values, o)
	}
	o := object{{"hits", len(list)}, {"pages", (len(list) + size - 1) / size}, {"values", values}}
	if echo != "" {
		o = append(o, member{"orderBy", echo})
	}
	return ok(o), nil
}

// wanted reads the filter.
func (s *Service) wanted(in *request) (func(*report) bool, *refusal) {
	var filter map[string]json.RawMessage
	if _, ref := decode(in.body, "filter", &filter); ref != nil {
		return nil, ref
	}
	var id, author string
	var short int
	byID, ref := decode(filter, "id", &id)
	if ref != nil {
		return nil, ref
	}
	byShort, ref := decode(filter, "shortId", &short)
	if ref != nil {
		return nil, ref
	}
	byAuthor, ref := decode(filter, "author", &author)
	if ref != nil {
		return nil, ref
	}
	if byID && !isHexID(id) {
		return nil, bad("filter.id", "Неверный идентификатор", "Wrong id")
	}
	return func(r *report) bool {
		return (!byID || r.ID == id) && (!byShort || r.short == short) && (!byAuthor || s.isAuthor(r, author))
	}, nil
}

// isAuthor reports whether a report is from somebody, by the names that the profile
// has for authors.
func (s *Service) isAuthor(r *report, name string) bool {
	u := &users[r.Author]
	return !s.opt.is(swAuthor, "login") && u.id == name || !s.opt.is(swAuthor, "id") && strings.EqualFold(u.login, name)
}

// sortReports sorts reports as the body wants it, and returns what the answer calls
// that.
func (r *request) sortReports(list []report) (echo string, ref *refusal) {
	var by string
	up := true
	if _, ref := decode(r.body, "orderAsc", &up); ref != nil {
		return "", ref
	}
	found, ref := decode(r.body, "orderBy", &by)
	if ref != nil || !found {
		return "", ref
	}
	for _, o := range reportOrders {
		if o.name == by {
			slices.SortStableFunc(list, func(a, b report) int {
				if up {
					return o.compare(&a, &b)
				}
				return o.compare(&b, &a)
			})
			return o.inside, nil
		}
	}
	return "", bad("orderBy", "Неизвестное поле: "+by, "Unknown field "+by)
}
