package relay_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// unpaced has rates that no peer reaches. The relay still counts.
var unpaced = relay.Limits{PeerMessages: 1 << 40, PeerBytes: 1 << 50}

// BenchmarkRelay is a message there and one back over loopback sockets. The
// peers only move bytes that were encoded beforehand, so what is allocated is
// the relay's, and the time is the operating system's and the relay's.
func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{200, 2000, 16000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			w := newWorld(b, relay.Config{Settings: relay.Settings{Limits: unpaced}})
			server := w.wire("/server")
			client := w.wire("/client/" + server.id)
			server.skip() // PEER_JOINED

			body := strings.Repeat("x", size)
			call, called := encoded(server.id, client.id, body)
			back, got := encoded(client.id, server.id, body)
			go func() {
				in := make([]byte, called)
				for {
					if _, err := io.ReadFull(server.read, in); err != nil {
						return
					}
					if _, err := server.conn.Write(back); err != nil {
						return
					}
				}
			}()
			in := make([]byte, got)
			b.SetBytes(int64(2 * size))
			b.ReportAllocs()
			for b.Loop() {
				_, err := client.conn.Write(call)
				require.NoError(b, err)
				_, err = io.ReadFull(client.read, in)
				require.NoError(b, err)
			}
		})
	}
}

// encoded returns the frame that a peer sends and the length of the one that the
// other receives for it.
func encoded(to, from, body string) (frame []byte, received int) {
	text := fmt.Sprintf(`{"to":%q,"type":"bench","message":%q}`, to, body)
	header := []byte{0x81, 0x80 | 126}
	frame = binary.BigEndian.AppendUint16(header, uint16(len(text)))
	frame = append(frame, 0, 0, 0, 0) // a mask of zeros leaves the text as it is; unmasking costs the same
	frame = append(frame, text...)
	return frame, 4 + len(fmt.Sprintf(`{"from":%q,"type":"bench","message":%q}`, from, body))
}
