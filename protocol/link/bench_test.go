package link

import (
	"strings"
	"testing"
)

// One message of 1 kB: sent, received, taken and acknowledged, with the header as
// it goes over the wire.
func BenchmarkMessage(b *testing.B) {
	n := openNet(b, Config{AckAfter: -1}, Config{AckAfter: -1})
	links := [2]*Link{n.link(client), n.link(server)}
	message := []byte(`"` + strings.Repeat("x", 1000) + `"`)
	typ := []byte("chat")
	var token any = 1
	var wire, header []byte
	pump := func(x int) {
		l, other := links[x], links[1-x]
		for f, ok := l.Next(n.now, Relay); ok; f, ok = l.Next(n.now, Relay) {
			wire = f.Append(wire[:0], "peer")
			header = f.AppendLink(header[:0])
			h, err := ParseHeader(header)
			if err != nil {
				b.Fatal(err)
			}
			if f.data == nil {
				other.Receive(n.now, Relay, []byte("LINK_ACK"), nil, &h)
			} else {
				other.Receive(n.now, Relay, typ, message, &h)
			}
		}
	}
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	delivered := 0
	for b.Loop() {
		if err := links[client].Send(n.now, "chat", message, token); err != nil {
			b.Fatal(err)
		}
		pump(client)
		links[server].Take(n.now, Data)
		pump(server)
		links[server].Effects().Reset()
		delivered += len(links[client].Effects().Outcomes)
		links[client].Effects().Reset()
	}
	if b.N > 100 && delivered < b.N-16 {
		b.Fatal("not all were delivered")
	}
}

func BenchmarkParseHeader(b *testing.B) {
	text := []byte(`{"id":"0123456789abcdef","n":123456,"r":123456,"t":123450,"g":12345678}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseHeader(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	h := Header{ID: NewID(1), N: [3]uint64{0, 123456}, R: [3]uint64{0, 123456}, T: [2]uint64{0, 123450}, G: [2]uint64{0, 12345678}}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendHeader(dst[:0], &h)
	}
}

func BenchmarkLargeMessage(b *testing.B) {
	message := large(16<<20 - 2)
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		n := openNet(b, Config{}, Config{})
		n.mustSay(client, 1, message)
		n.pass(Second)
		if len(n.take(server)) != len(message) {
			b.Fatal("not whole")
		}
	}
}
