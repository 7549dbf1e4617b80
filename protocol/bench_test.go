package protocol_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
)

// The two shapes of a message: one long string, as a session description is, and
// many small values. Each makes a message of exactly n bytes.
var shapes = []struct {
	name string
	make func(n int) string
}{
	{"text", func(n int) string {
		return fill(n, `{"type":"offer","sdp":"`, `a=candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host\r\n`, `"}`)
	}},
	{"values", func(n int) string {
		return fill(n, `[`, `{"x":-12.5,"ok":true,"n":null},`, `""]`)
	}},
}

// fill repeats unit between prefix and suffix and pads the string at the end.
func fill(n int, prefix, unit, suffix string) string {
	n -= len(prefix) + len(suffix)
	quote := strings.IndexByte(suffix, '"')
	if suffix[quote+1] == '"' {
		quote++ // a string of its own for the padding
	}
	return prefix + strings.Repeat(unit, n/len(unit)) + suffix[:quote] + strings.Repeat("x", n%len(unit)) + suffix[quote:]
}

func benchFrames(b *testing.B, run func(b *testing.B, frame []byte)) {
	for _, shape := range shapes {
		for _, size := range []int{200, 2000, 16000} {
			envelope := len(protocol.AppendEnvelope(nil, benchID, "chat", nil))
			frame := protocol.AppendEnvelope(nil, benchID, "chat", []byte(shape.make(size-envelope)))
			if len(frame) != size || protocol.Valid(frame) != nil {
				b.Fatalf("the frame is wrong: %s", frame)
			}
			b.Run(fmt.Sprintf("%s/%dB", shape.name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				run(b, frame)
			})
		}
	}
}

const benchID = "0b0e7c5e-8f4f-4f8e-9d5e-1c2d3e4f5a6b"

func BenchmarkParse(b *testing.B) {
	benchFrames(b, func(b *testing.B, frame []byte) {
		for b.Loop() {
			if _, err := protocol.ParseEnvelope(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRelay is what the relay does with a message between two sockets.
func BenchmarkRelay(b *testing.B) {
	benchFrames(b, func(b *testing.B, frame []byte) {
		out := make([]byte, 0, protocol.MaxDelivery)
		for b.Loop() {
			e, err := protocol.ParseEnvelope(frame)
			if err != nil {
				b.Fatal(err)
			}
			out = protocol.AppendDelivery(out[:0], benchID, e.Type, e.Message)
		}
	})
}

const benchLink = `{"id":"0123456789abcdef","n":1234567,"r":1234560,"t":1234559,"g":98765432}`

// BenchmarkParseV1 is a message of a v1 peer, without a link and with one.
func BenchmarkParseV1(b *testing.B) {
	for _, size := range []int{200, 2000, 16000} {
		for _, link := range [][]byte{nil, []byte(benchLink)} {
			name := "bare"
			if link != nil {
				name = "link"
			}
			envelope := len(protocol.AppendEnvelopeV1(nil, benchID, "chat", nil, link))
			frame := protocol.AppendEnvelopeV1(nil, benchID, "chat", []byte(shapes[0].make(size-envelope)), link)
			b.Run(fmt.Sprintf("%s/%dB", name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := protocol.ParseEnvelopeV1(frame); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRelayV1 is what the relay does with a frame of a link.
func BenchmarkRelayV1(b *testing.B) {
	for _, size := range []int{200, 2000, 16000} {
		envelope := len(protocol.AppendEnvelopeV1(nil, benchID, "chat", nil, []byte(benchLink)))
		frame := protocol.AppendEnvelopeV1(nil, benchID, "chat", []byte(shapes[0].make(size-envelope)), []byte(benchLink))
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			out := make([]byte, 0, protocol.MaxDelivery)
			for b.Loop() {
				e, err := protocol.ParseEnvelopeV1(frame)
				if err != nil {
					b.Fatal(err)
				}
				out = protocol.AppendDeliveryV1(out[:0], benchID, e.Type, e.Message, e.Link)
			}
		})
	}
}

// BenchmarkManyFields is the cost of a frame full of fields, which must grow with
// its length and no faster (B40).
func BenchmarkManyFields(b *testing.B) {
	for _, fields := range []int{200, 2000, 20000} {
		frame := []byte("{" + strings.Repeat(`"":0,`, fields) + `"to":"a","type":"t","message":0}`)
		b.Run(fmt.Sprint(fields), func(b *testing.B) {
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := protocol.ParseEnvelope(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDepthBomb is the cost of refusing sixty thousand levels (B37).
func BenchmarkDepthBomb(b *testing.B) {
	frame := []byte(`{"to":"a","type":"t","message":` + strings.Repeat("[", 60000))
	b.ReportAllocs()
	var err error
	for b.Loop() {
		_, err = protocol.ParseEnvelope(frame)
	}
	requireCode(b, protocol.CodeInvalidText, err, "the bomb")
}
