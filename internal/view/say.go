package view

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"reportsync/internal/export"
)

// Say prints a sentence on stdout, and ends its line. Text and errors among the
// arguments may come from anywhere; they are cleaned before they are put in.
func (v *View) Say(format string, args ...any) {
	s := v.sentence(format, args)
	if v.options.JSON {
		v.emit(levelInfo, "log", s)
		return
	}
	v.print(s + "\n")
}

// Hint prints a way to go on, below what it belongs to.
func (v *View) Hint(format string, args ...any) {
	s := v.sentence(format, args)
	if v.options.JSON {
		v.emit(levelInfo, "log", s)
		return
	}
	v.print(paint(faint, "Hint: ") + s + "\n")
}

// Warn prints a warning that belongs to no place in the configuration, on stderr.
func (v *View) Warn(format string, args ...any) {
	s := v.sentence(format, args)
	if v.options.JSON {
		v.emit(levelWarn, "log", s)
		return
	}
	v.printErr(paint(yellow, "Warning: ") + s + "\n")
}

func (v *View) sentence(format string, args []any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			safe[i] = v.text(a)
		case error:
			safe[i] = v.text(a.Error())
		case export.Address:
			safe[i] = v.text(a.String())
		default:
			safe[i] = a
		}
	}
	return v.textLines(fmt.Sprintf(format, safe...))
}

// longestAnswer bounds what is read for one answer.
const longestAnswer = 1024

// Prompt writes text without ending the line; with JSON nothing.
func (v *View) Prompt(text string) {
	if !v.options.JSON {
		v.print(text)
	}
}

// Confirm asks a question that only the word yes answers with yes. An input that
// ends without an answer is an error, because nobody was there to be asked.
func (v *View) Confirm(in io.Reader, prompt string) (bool, error) {
	if v.options.JSON {
		return false, errors.New("ask for approval: nothing is asked with -json; use -auto-approve")
	}
	v.print("\n" + paint(bold, v.textLines(prompt)) + "\n  Only 'yes' will be accepted to approve.\n\n  " +
		paint(bold, "Enter a value:") + " ")
	answer, err := readLine(in)
	if err != nil {
		v.print("\n")
		return false, fmt.Errorf("ask for approval: %w", err)
	}
	v.print("\n")
	return strings.TrimSpace(answer) == "yes", nil
}

// readLine reads byte by byte: what follows the line belongs to someone else.
func readLine(in io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < longestAnswer {
		n, err := in.Read(one)
		if n == 1 {
			if one[0] == '\n' {
				return string(line), nil
			}
			line = append(line, one[0])
		}
		switch {
		case err == nil:
		case err == io.EOF && len(line) > 0:
			return string(line), nil
		case err == io.EOF:
			return "", errors.New("the input ended without an answer; use -auto-approve where nobody can answer")
		default:
			return "", err
		}
	}
	return "", fmt.Errorf("the answer is longer than %d bytes", longestAnswer)
}
