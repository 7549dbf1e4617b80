package relay_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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

// wire is a peer that speaks in bytes.
type wire struct {
	conn net.Conn
	read *bufio.Reader
	id   string
}

func (w *world) wire(path string) *wire { w.t.Helper(); return w.wireWithin(path, 0) }

// wireWithin is wire with a receive buffer of so many bytes, if not 0.
func (w *world) wireWithin(path string, receiveBuffer int) *wire {
	w.t.Helper()
	u, err := url.Parse(w.url)
	require.NoError(w.t, err)
	conn, err := dialer(receiveBuffer).Dial("tcp", u.Host)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, u.Host)
	require.NoError(w.t, err)
	p := &wire{conn: conn, read: bufio.NewReaderSize(conn, 64<<10)}
	answer, err := http.ReadResponse(p.read, nil)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusSwitchingProtocols, answer.StatusCode)
	hello := string(p.skip())
	_, rest, ok := strings.Cut(hello, `{"id":"`)
	require.True(w.t, ok, hello)
	p.id, _, _ = strings.Cut(rest, `"`)
	return p
}

// skip reads one short frame.
func (p *wire) skip() []byte {
	var header [2]byte
	_, _ = io.ReadFull(p.read, header[:])
	payload := make([]byte, header[1])
	_, _ = io.ReadFull(p.read, payload)
	return payload
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
