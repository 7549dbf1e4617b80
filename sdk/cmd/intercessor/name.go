package main

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxName = 32      // characters of a person's name
	maxText = 8 << 10 // characters of a line of chat
)

// cleanText makes a peer's text safe for a terminal and keeps it on one line. It removes
// control and escape characters and marks that change the text direction, and cuts the text
// to limit characters.
func cleanText(text string, limit int) string {
	const joiner = '\u200d' // holds the parts of an emoji together
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsGraphic(r), r == joiner:
			return r
		}
		return -1
	}, text)
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit-1]) + "…"
	}
	return text
}

// cleanName returns a person's name from the name that a peer sent.
func cleanName(name string) string {
	name = strings.Join(strings.Fields(cleanText(name, maxText)), " ")
	if name == "" {
		return "someone"
	}
	return cleanText(name, maxName)
}

// cleanFileName returns a safe file name from the name that the sender chose. It cannot
// lead out of the folder for received files. It begins neither with a dot, which hides a
// file, nor with a dash, which commands read as a flag.
func cleanFileName(name string) string {
	const (
		longest   = 200               // bytes; file systems allow 255, and a number may be added
		forbidden = `:*?"<>|` + "\\/" // on Windows; a colon there opens another stream of the file
		otherwise = "file"
	)
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(forbidden, r) {
			return '_'
		}
		return r
	}, cleanText(name, maxText))
	name = strings.TrimLeft(name, " .-")
	if len(name) > longest {
		extension := filepath.Ext(name)
		if len(extension) > longest/2 {
			extension = ""
		}
		name = strings.ToValidUTF8(name[:longest-len(extension)], "") + extension
	}
	name = strings.TrimRight(name, " .")
	if !filepath.IsLocal(name) { // empty, or a device of Windows
		return otherwise
	}
	return name
}
