package relay_test

import (
	"fmt"
	"strings"
)

// utf8Groups are 6.5 and on: texts that are UTF-8 and such that are not. The suite has
// them from Markus Kuhn's UTF-8 decoder capability and stress test.
var utf8Groups = []struct {
	right bool // where a text does not say otherwise
	texts []string
}{
	{true, []string{"hello$world", "hello\u00a2world", "hello\u20acworld", "hello\U00024b62world", kosme}},
	{false, prefixes(kosme)}, // right where a character ends
	{true, []string{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}},
	{false, []string{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"}},
	{true, []string{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}},
	{false, []string{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"}},
	{true, []string{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"}},
	{false, []string{
		"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf",
		between(0x80, 0xbf, ""),
	}},
	{false, []string{between(0xc0, 0xdf, " "), between(0xe0, 0xef, " "), between(0xf0, 0xf7, " "), between(0xf8, 0xfb, " "), between(0xfc, 0xfd, " ")}},
	{false, lastMissing},
	{false, []string{strings.Join(lastMissing, "")}},
	{false, []string{"\xfe", "\xff", "\xfe\xfe\xff\xff"}},
	{false, []string{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"}},
	{false, []string{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"}},
	{false, []string{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"}},
	{false, []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"}},
	{false, surrogatePairs()},
	{true, nonCharacters()},
	{true, []string{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"}},
}

// rightAfterAll are the texts of utf8Groups whose group does not say what they are.
var rightAfterAll = map[string]bool{
	"6.6.2": true, "6.6.5": true, "6.6.7": true, "6.6.9": true, "6.6.11": true, "6.11.5": false,
}

const (
	kosme    = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5" // a Greek word, of five characters
	greeting = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"
	tooHigh  = kosme + "\xf4\x90\x80\x80" + "edited" // cannot go on at byte 12, counted from 0
)

// lastMissing are sequences of 2 to 6 bytes without their last, the lowest and the highest.
var lastMissing = []string{
	"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
	"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
}

func prefixes(s string) (texts []string) {
	for i := range len(s) {
		texts = append(texts, s[:i+1])
	}
	return texts
}

// between has the bytes from first on, without the last, and something behind each.
func between(first, last byte, behind string) string {
	var b strings.Builder
	for c := first; c < last; c++ {
		b.WriteString(string([]byte{c}) + behind)
	}
	return b.String()
}

func surrogatePairs() (texts []string) {
	for _, high := range []string{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf"} {
		texts = append(texts, high+"\xed\xb0\x80", high+"\xed\xbf\xbf")
	}
	return texts
}

// nonCharacters are the last two code points of each plane, which are right in UTF-8.
func nonCharacters() (texts []string) {
	for plane := range rune(0x11) {
		texts = append(texts, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return texts
}

// textCases are 6, what is UTF-8 and what is not, in one frame and in pieces.
func textCases() []autobahnCase {
	right := func(number string, text string, sends ...string) autobahnCase {
		return echoes(number, one(sends...), event{"text", text})
	}
	wrong := func(number string, sends []string, want ...event) autobahnCase {
		c := fails(number, sends, want...)
		c.codes = []uint16{1007}
		return c
	}
	// The relay waits for more of a text that can go on, and not for the end of one
	// that cannot.
	strict := func(number string, pieces ...string) autobahnCase {
		c := wrong(number, []string{pieces[0], pause, pieces[1], pause, pieces[2]}, event{kind: "pause"})
		c.lenient = []event{{kind: "pause"}, {kind: "pause"}}
		return c
	}
	surrogate := kosme + "\xed\xa0\x80" + "edited"
	frame := masked(text, tooHigh)
	payload := len(frame) - len(tooHigh) // where it begins
	cases := []autobahnCase{
		right("6.1.1", "", masked(text, "")),
		right("6.1.2", "", masked(moreText, ""), masked(more, ""), masked(last, "")),
		right("6.1.3", "middle frame payload", masked(moreText, ""), masked(more, "middle frame payload"), masked(last, "")),
		right("6.2.1", greeting, masked(text, greeting)),
		right("6.2.2", greeting, masked(moreText, greeting[:14]), masked(last, greeting[14:])),
		right("6.2.3", greeting, fragments(moreText, greeting, 1)...),
		right("6.2.4", kosme, fragments(moreText, kosme, 1)...),
		wrong("6.3.1", one(masked(text, surrogate))),
		wrong("6.3.2", one(fragments(moreText, surrogate, 1)...)),
		strict("6.4.1", masked(moreText, tooHigh[:11]), masked(more, tooHigh[11:15]), masked(last, tooHigh[15:])),
		strict("6.4.2", masked(moreText, tooHigh[:12]), masked(more, tooHigh[12:13]), masked(last, tooHigh[13:])),
		strict("6.4.3", frame[:payload+11], frame[payload+11:payload+15], frame[payload+15:]),
		strict("6.4.4", frame[:payload+12], frame[payload+12:payload+13], frame[payload+13:]),
	}
	for i, group := range utf8Groups {
		for j, s := range group.texts {
			number := fmt.Sprintf("6.%d.%d", i+5, j+1)
			isRight, stated := rightAfterAll[number]
			if stated && isRight || !stated && group.right {
				cases = append(cases, right(number, s, masked(text, s)))
			} else {
				cases = append(cases, wrong(number, one(masked(text, s))))
			}
		}
	}
	return cases
}
