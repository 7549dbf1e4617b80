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

// cleanText makes text of a peer harmless on a terminal and keeps it on one
// line: no control or escape characters, nothing that reverses the direction of
// what follows, at most limit characters.
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

// cleanName makes a name for a person out of what a peer calls itself.
func cleanName(name string) string {
	name = strings.Join(strings.Fields(cleanText(name, maxText)), " ")
	if name == "" {
		return "somebody"
	}
	return cleanText(name, maxName)
}

// cleanFileName makes a name that can be used in the folder for received files
// and nowhere else, out of what the sender calls the file. The name begins
// neither with a dot, which hides a file, nor with a dash, which makes a command
// take it for a flag.
func cleanFileName(name string) string {
	const (
		longest   = 200               // bytes; file systems take 255, and a number may follow
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
