package doctor

import (
	"errors"
	"strings"
	"unicode"
)

// maxText bounds a text that may hold what a server sent, in runes.
const maxText = 400

// clean makes a text safe for a terminal: one line, no control characters, bounded.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return strings.TrimSpace(text)
}

// quote returns what a server said, shortened, for use in a sentence.
func quote(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return `"` + clean(text) + `"`
}

// root returns the innermost error, without the addresses that the outer ones add.
func root(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
