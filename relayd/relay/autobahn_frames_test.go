package relay_test

import (
	"fmt"
	"slices"
	"strings"
)

const (
	hello  = "Hello, world!"
	noText = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
)

var (
	normally = []uint16{1000}
	refused  = []uint16{1002}
)

// echoes is a case that ends well: something is sent, and the tester closes when the
// answers are there.
func echoes(number string, sends []string, want ...event) autobahnCase {
	return autobahnCase{number: number, sends: sends, want: want, codes: normally}
}

// fails is a case that the relay ends for what it was sent, behind the answers given,
// if there are any. Without them it would not be strict.
func fails(number string, sends []string, want ...event) autobahnCase {
	c := autobahnCase{number: number, sends: sends, want: want, ends: byRelay, codes: refused, unclean: true}
	if len(want) > 0 {
		c.lenient = []event{}
	}
	return c
}

func one(sends ...string) []string { return []string{strings.Join(sends, "")} }

// framingCases are 1, messages of all lengths.
func framingCases() (cases []autobahnCase) {
	for i, binary := range []bool{false, true} {
		first, kind, pattern := byte(text), "text", "*"
		if binary {
			first, kind, pattern = bytesFrame, "binary", "\xfe"
		}
		for j, length := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			payload := strings.Repeat(pattern, length)
			c := echoes(fmt.Sprintf("1.%d.%d", i+1, j+1), one(masked(first, payload)), event{kind, payload})
			if j == 7 {
				c.sends = chopped(c.sends[0], 997)
			}
			c.binary = binary
			cases = append(cases, c)
		}
	}
	return cases
}

// controlCases are 2 to 4: pings and pongs, reserved bits, reserved opcodes.
func controlCases() []autobahnCase {
	const unasked = "unsolicited pong payload"
	fe := strings.Repeat("\xfe", 126)
	ping := func(payload string) string { return masked(pingFrame, payload) }
	var pings []string
	var pongs []event
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		pings, pongs = append(pings, ping(payload)), append(pongs, event{"pong", payload})
	}
	closes := func(number, sends string) autobahnCase {
		return autobahnCase{number: number, sends: one(sends, closing(1000, "")), ends: inSends, codes: normally}
	}
	hi, echo := masked(text, hello), event{"text", hello}
	bitwise := func(s ...string) []string { return chopped(strings.Join(s, ""), 1) }
	reserved := func(number string, opcode byte, payload string) autobahnCase {
		return fails(number, one(hi, masked(last|opcode, payload), ping("")), echo)
	}
	slowly := func(number string, opcode byte) autobahnCase {
		return fails(number, bitwise(hi, masked(last|opcode, hello), ping("")), echo)
	}
	const rsv1, rsv2, rsv3 = 0x40, 0x20, 0x10 // as bits of the suite's number: 4, 2, 1
	return []autobahnCase{
		echoes("2.1", one(ping("")), event{"pong", ""}),
		echoes("2.2", one(ping(hello)), event{"pong", hello}),
		echoes("2.3", one(ping(noText)), event{"pong", noText}),
		echoes("2.4", one(ping(fe[:125])), event{"pong", fe[:125]}),
		fails("2.5", one(ping(fe))),
		echoes("2.6", bitwise(ping(fe[:125])), event{"pong", fe[:125]}),
		closes("2.7", masked(pongFrame, "")),
		closes("2.8", masked(pongFrame, unasked)),
		echoes("2.9", one(masked(pongFrame, unasked), ping("ping payload")), event{"pong", "ping payload"}),
		echoes("2.10", one(pings...), pongs...),
		echoes("2.11", bitwise(pings...), pongs...),

		fails("3.1", one(masked(text|rsv3, hello))),
		fails("3.2", one(hi, masked(text|rsv2, hello), ping("")), echo),
		fails("3.3", []string{hi, masked(text|rsv2|rsv3, hello), ping("")}, echo),
		fails("3.4", bitwise(hi, masked(text|rsv1, hello), ping("")), echo),
		fails("3.5", one(masked(bytesFrame|rsv1|rsv3, noText))),
		fails("3.6", one(masked(bytesFrame|rsv1|rsv2, hello))), // the suite says ping, and sends this
		fails("3.7", one(masked(closeFrame|rsv1|rsv2|rsv3, ""))),

		fails("4.1.1", one(masked(last|3, ""))),
		fails("4.1.2", one(masked(last|4, "reserved opcode payload"))),
		reserved("4.1.3", 5, ""),
		reserved("4.1.4", 6, hello),
		slowly("4.1.5", 7),
		fails("4.2.1", one(masked(last|11, ""))),
		fails("4.2.2", one(masked(last|12, "reserved opcode payload"))),
		reserved("4.2.3", 13, ""),
		reserved("4.2.4", 14, hello),
		slowly("4.2.5", 15),
	}
}

// fragmentCases are 5, messages and control frames in pieces. Each kind comes three
// times: in one write, in one a frame, in one a byte.
func fragmentCases() (cases []autobahnCase) {
	f := func(first byte, n int) string { return masked(first, fmt.Sprintf("fragment%d", n)) }
	together := event{"text", "fragment1fragment2"}
	ping, pong := masked(pingFrame, "ping payload"), event{"pong", "ping payload"}
	stray := "non-continuation payload"
	number := 0
	add := func(c autobahnCase) {
		number++
		c.number = fmt.Sprintf("5.%d", number)
		cases = append(cases, c)
	}
	thrice := func(make func(string, []string, ...event) autobahnCase, frames []string, want ...event) {
		add(make("", one(frames...), want...))
		add(make("", frames, want...))
		add(make("", chopped(strings.Join(frames, ""), 1), want...))
	}
	add(fails("", one(masked(0x09, "fragment1"), f(last, 2))))
	add(fails("", one(masked(0x0a, "fragment1"), f(last, 2))))
	thrice(echoes, []string{f(moreText, 1), f(last, 2)}, together)
	thrice(echoes, []string{f(moreText, 1), ping, f(last, 2)}, pong, together)
	thrice(fails, []string{masked(last, stray), masked(text, hello)})
	thrice(fails, []string{masked(more, stray), masked(text, hello)})
	add(fails("", one(f(moreText, 1), f(last, 2), f(more, 3), f(text, 4)), together))
	add(fails("", one(slices.Repeat([]string{f(more, 1), f(moreText, 2), f(last, 3)}, 2)...)))
	add(fails("", one(slices.Repeat([]string{f(last, 1), f(moreText, 2), f(last, 3)}, 2)...)))
	add(fails("", one(f(moreText, 1), f(text, 2))))

	begin := []string{f(moreText, 1), f(more, 2), masked(pingFrame, "pongme 1!")}
	end := []string{f(more, 3), f(more, 4), masked(pingFrame, "pongme 2!"), f(last, 5)}
	want := []event{{"pong", "pongme 1!"}, {kind: "pause"}, {"pong", "pongme 2!"}, {"text", "fragment1fragment2fragment3fragment4fragment5"}}
	add(echoes("", []string{strings.Join(begin, ""), pause, strings.Join(end, "")}, want...))
	add(echoes("", slices.Concat(begin, []string{pause}, end), want...))
	return cases
}
