package relay_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// BenchmarkRelay is a whole relayed message over loopback sockets, there and
// back: the time and the allocations are of both peers and of the relay.
func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{200, 2000, 16000} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			w := newWorld(b, relay.Config{})
			server := w.server()
			client := w.client(server)
			server.wantsJoined(client)
			echo := fmt.Appendf(nil, `{"to":%q,"type":"echo","message":%q}`, client.id, strings.Repeat("x", size))
			go func() {
				for {
					if _, _, err := server.Read(b.Context()); err != nil {
						return
					}
					if server.Write(b.Context(), websocket.MessageText, echo) != nil {
						return
					}
				}
			}()
			call := fmt.Appendf(nil, `{"to":%q,"type":"call","message":%q}`, server.id, strings.Repeat("x", size))
			b.SetBytes(int64(len(call) + len(echo)))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, client.Write(b.Context(), websocket.MessageText, call))
				_, _, err := client.Read(b.Context())
				require.NoError(b, err)
			}
		})
	}
}
