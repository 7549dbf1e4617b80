package protocol_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
)

// The two shapes of a message: one long string, as a session description is, and
// many small values.
var shapes = []struct {
	name string
	make func(size int) string
}{
	{"text", func(size int) string {
		const line = `a=candidate:1 1 UDP 2130706431 192.0.2.1 50000 typ host\r\n`
		return `{"type":"offer","sdp":"` + strings.Repeat(line, size/len(line)+1)[:size/len(line)*len(line)] + `"}`
	}},
	{"values", func(size int) string {
		const unit = `{"x":-12.5,"ok":true,"n":null},`
		return "[" + strings.Repeat(unit, size/len(unit)) + "0]"
	}},
}

var sizes = []struct {
	name string
	size int
}{{"200B", 200}, {"2kB", 2000}, {"16kB", 16000}}

func benchFrames(b *testing.B, run func(b *testing.B, frame []byte)) {
	for _, shape := range shapes {
		for _, size := range sizes {
			envelope := len(protocol.AppendEnvelope(nil, benchID, "chat", []byte("")))
			frame := protocol.AppendEnvelope(nil, benchID, "chat", []byte(shape.make(size.size-envelope)))
			b.Run(shape.name+"/"+size.name, func(b *testing.B) {
				b.SetBytes(int64(len(frame)))
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

// BenchmarkManyKeys is the cost of a frame full of members, which must grow with
// its length and no faster.
func BenchmarkManyKeys(b *testing.B) {
	for _, keys := range []int{2000, 20000} {
		frame := []byte("{" + strings.Repeat(`"":0,`, keys/2) + strings.Repeat(`"":0,`, keys/2) + `"to":"a","type":"t","message":0}`)
		b.Run(map[int]string{2000: "2000", 20000: "20000"}[keys], func(b *testing.B) {
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
