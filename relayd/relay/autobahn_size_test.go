package relay_test

import (
	"fmt"
	"strings"
)

// sizeCases are 9 and 10: long messages, in one frame, in fragments and in pieces of a
// frame, and many short ones. The suite takes the time; here only the end counts.
func sizeCases() (cases []autobahnCase) {
	const kib, mib = 1 << 10, 1 << 20
	kinds := []struct {
		name    string
		whole   byte
		begun   byte
		pattern string // of long messages
		filling string // of fragments and rounds
	}{
		{"text", text, moreText, "BAsd7&jh23", "*"},
		{"binary", bytesFrame, moreBinary, "\x00\xfe\x23\xfa\xf0", "\xfe"},
	}
	add := func(group, kind, number, rounds int, payload func() string, sends func(payload string) []string) {
		cases = append(cases, autobahnCase{
			number: fmt.Sprintf("9.%d.%d", group+kind, number+1), binary: kind == 1, rounds: rounds, codes: normally,
			fill: func(c *autobahnCase) {
				p := payload()
				c.sends, c.want = sends(p), []event{{kinds[kind].name, p}}
			},
		})
	}
	for k, kind := range kinds {
		whole := func(payload string) []string { return one(masked(kind.whole, payload)) }
		for i, size := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
			add(1, k, i, 1, func() string { return filled(kind.pattern, size) }, whole)
		}
	}
	for k, kind := range kinds {
		for i, size := range []int{64, 256, kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib} {
			filling := "*"
			if i == 0 {
				filling = kind.filling // the suite has it in the first alone
			}
			inFrames := func(payload string) []string { return one(fragments(kind.begun, payload, size)...) }
			add(3, k, i, 1, func() string { return filled(filling, 4*mib) }, inFrames)
		}
	}
	for k, kind := range kinds {
		for i, chop := range []int{64, 128, 256, 512, 1024, 2048} {
			inChops := func(payload string) []string { return chopped(masked(kind.whole, payload), chop) }
			add(5, k, i, 1, func() string { return filled(kind.pattern, mib) }, inChops)
		}
	}
	for k, kind := range kinds {
		whole := func(payload string) []string { return one(masked(kind.whole, payload)) }
		for i, size := range []int{0, 16, 64, 256, 1024, 4096} {
			add(7, k, i, 1000, func() string { return filled(kind.filling, size) }, whole)
		}
	}
	payload := strings.Repeat("*", 64*kib)
	return append(cases, echoes("10.1.1", one(fragments(moreText, payload, 1300)...), event{"text", payload}))
}

// filled is a pattern repeated up to a length.
func filled(pattern string, length int) string {
	return strings.Repeat(pattern, length/len(pattern)+1)[:length]
}
