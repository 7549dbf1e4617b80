package relay_test

import (
	"fmt"
	"strings"
)

// closeCases are 7, the closing handshake as the tester begins it.
func closeCases() []autobahnCase {
	const hello = "Hello World!"
	const size = 256 << 10
	shut := closing(1000, "")
	// Behind the close frame nothing is looked at.
	ended := func(number string, sends ...string) autobahnCase {
		return autobahnCase{number: number, sends: one(sends...), ends: inSends, codes: normally}
	}
	// The relay answers 1002, or drops the connection.
	broken := func(number string, send string, codes ...uint16) autobahnCase {
		return autobahnCase{number: number, sends: one(send), ends: inSends, codes: append(codes, 1002), unclean: true}
	}
	big := filled("BAsd7&jh23", size)
	all := ended("7.1.6", masked(text, big), masked(text, hello), shut, masked(pingFrame, ""))
	all.want = []event{{"text", big}, {"text", hello}}
	cases := []autobahnCase{
		echoes("7.1.1", one(masked(text, hello)), event{"text", hello}),
		ended("7.1.2", shut, masked(closeFrame, "")),
		ended("7.1.3", shut, masked(pingFrame, "")),
		ended("7.1.4", shut, masked(text, hello)),
		ended("7.1.5", masked(moreText, "fragment1"), shut, masked(last, "fragment2")),
		all,
		ended("7.3.1", masked(closeFrame, "")),
		broken("7.3.2", masked(closeFrame, "a")),
		ended("7.3.3", shut),
		ended("7.3.4", closing(1000, hello)),
		ended("7.3.5", closing(1000, strings.Repeat("*", 123))),
		broken("7.3.6", closing(1000, strings.Repeat("*", 124))),
		broken("7.5.1", closing(1000, kosme+"\xed\xa0\x80edited"), 1007),
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		c := ended(fmt.Sprintf("7.7.%d", i+1), closing(code, ""))
		c.codes = []uint16{1000, code}
		cases = append(cases, c)
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		withCode := string([]byte{byte(code >> 8), byte(code)})
		cases = append(cases, broken(fmt.Sprintf("7.9.%d", i+1), masked(closeFrame, withCode)))
	}
	for i, code := range []uint16{5000, 65535} {
		cases = append(cases, broken(fmt.Sprintf("7.13.%d", i+1), closing(code, ""), 1000, code))
	}
	return cases
}
