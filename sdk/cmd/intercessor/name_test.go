package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestTextOfAPeerCannotMoveTheCursorOrFakeALine(t *testing.T) {
	for _, c := range []struct{ name, text, shown string }{
		{"plain", "grüß dich, 世界", "grüß dich, 世界"},
		{"an emoji of several parts stays one", "👩\u200d🚀", "👩\u200d🚀"},
		{"a colour", "\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"a window title", "\x1b]0;root@prod\x07hi", "]0;root@prodhi"},
		{"an 8-bit escape", "a\u009b2Jb", "a2Jb"},
		{"a carriage return that would overwrite the name", "Bob\rAda: yes", "Bob Ada: yes"},
		{"a new line that would fake an event", "hi\n* Ada left", "hi * Ada left"},
		{"the line separators of Unicode", "a\u2028b\u2029c\u0085d", "a b c d"},
		{"a backspace, a bell and a delete", "a\bb\ac\x7fd", "abcd"},
		{"a reversed direction", "invoice\u202egpj.exe", "invoicegpj.exe"},
		{"an isolate that is never closed", "\u2066abc", "abc"},
		{"bytes that are no UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.shown, cleanText(c.text, maxText))
		})
	}
}

func TestLongTextIsCut(t *testing.T) {
	assert.Equal(t, "äöü", cleanText("äöü", 3))
	assert.Equal(t, "äö…", cleanText("äöüß", 3))
}

func TestANameIsShortAndNeverEmpty(t *testing.T) {
	assert.Equal(t, "Ada Lovelace", cleanName("  Ada \t Lovelace\n"))
	assert.Equal(t, "someone", cleanName("\x1b\x07 \u200b"))
	assert.Equal(t, maxName, utf8.RuneCountInString(cleanName(strings.Repeat("ä", 33))))
}

func TestANameOfAFileStaysInItsFolder(t *testing.T) {
	for _, c := range []struct{ sent, stored string }{
		{"photo.jpg", "photo.jpg"},
		{"holiday in März.jpg", "holiday in März.jpg"},
		{"/etc/passwd", "passwd"},
		{"../../.ssh/authorized_keys", "authorized_keys"},
		{`C:\Users\ada\notes.txt`, "notes.txt"},
		{".bashrc", "bashrc"},
		{"...", "file"},
		{"", "file"},
		{"folder/", "file"},
		{"-rf", "rf"},
		{"a\x00b\x1b[2Jc\nd", "ab[2Jc d"},
		{"invoice\u202egpj.exe", "invoicegpj.exe"},
		{"notes.txt:stream", "notes.txt_stream"},
		{"trailing. . ", "trailing"},
	} {
		t.Run(c.sent, func(t *testing.T) {
			assert.Equal(t, c.stored, cleanFileName(c.sent))
		})
	}
}

func TestALongNameOfAFileKeepsItsExtension(t *testing.T) {
	name := cleanFileName(strings.Repeat("ä", 500) + ".jpg")
	assert.LessOrEqual(t, len(name), 200)
	assert.True(t, strings.HasSuffix(name, "ä.jpg"))
	assert.True(t, utf8.ValidString(name))
	assert.LessOrEqual(t, len(cleanFileName("a."+strings.Repeat("x", 500))), 200)
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"photo.jpg", "../x", "\x1b[2J", "a\u202eb", "\xff", strings.Repeat(".", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		file := cleanFileName(s)
		assert.Equal(t, file, cleanFileName(file), "a clean name is left as it is")
		assert.NotContains(t, file, "/")
		assert.NotEmpty(t, file)
		for _, clean := range []string{file, cleanName(s), cleanText(s, maxText)} {
			assert.True(t, utf8.ValidString(clean))
			assert.NotContains(t, clean, "\x1b")
			assert.NotContains(t, clean, "\n")
		}
	})
}
