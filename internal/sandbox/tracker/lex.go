package tracker

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token kinds of the query language.
type lexeme int

const (
	lexEnd lexeme = iota
	lexWord
	lexString
	lexMark // : , ( ) ! > < >= <= .. + - #
)

type lex struct {
	kind lexeme
	text string
	at   int // in letters, from 1
}

func (l lex) mark(s string) bool { return l.kind == lexMark && l.text == s }

func (l lex) word(s string) bool { return l.kind == lexWord && strings.EqualFold(l.text, s) }

// syntax is the refusal of a query that cannot be read.
func syntax(at int, ruText, enText string) *refusal {
	return bad("query", "Ошибка в позиции "+itoa(at)+": "+ruText, "Error at position "+itoa(at)+": "+enText)
}

// scan splits a query.
func scan(query string) ([]lex, *refusal) {
	var list []lex
	at := 1
	for rest := query; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		n := size
		switch {
		case unicode.IsSpace(r):
		case r == '"':
			text, used, closed := unquote(rest)
			if !closed {
				return nil, syntax(at, "кавычка не закрыта", "the quote is not closed")
			}
			n = used
			list = append(list, lex{lexString, text, at})
		case inWord(r) && r != '-':
			n = wordEnd(rest)
			list = append(list, lex{lexWord, rest[:n], at})
		default:
			for _, mark := range []string{">=", "<=", "..", ":", ",", "(", ")", "!", ">", "<", "+", "-", "#"} {
				if strings.HasPrefix(rest, mark) {
					n = len(mark)
					list = append(list, lex{lexMark, mark, at})
					break
				}
			}
			if len(list) == 0 || list[len(list)-1].at != at {
				return nil, syntax(at, "неожиданный символ "+string(r), "unexpected character "+string(r))
			}
		}
		at += utf8.RuneCountInString(rest[:n])
		rest = rest[n:]
	}
	return append(list, lex{kind: lexEnd, at: at}), nil
}

// inWord reports whether a word can hold a letter.
func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_@-", r)
}

// wordEnd is where the word ends that s begins with. A dot belongs to it where a
// name, a number or a quoted name goes on, two dots do not.
func wordEnd(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		next := s[i+size:]
		if !inWord(r) && (r != '.' || next == "" || next[0] == '.' || unicode.IsSpace(rune(next[0]))) {
			return i
		}
		i += size
	}
	return len(s)
}

// unquote reads the string that s begins with.
func unquote(s string) (text string, used int, closed bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1, true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}
