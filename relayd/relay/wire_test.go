package relay_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// handshakeKey is the key of the example in RFC 6455, section 1.3.
const handshakeKey = "dGhlIHNhbXBsZSBub25jZQ=="

// handshake is the request that opens a WebSocket at a path of the host h, with further lines in
// its header.
func handshake(path string, lines ...string) string {
	header := append([]string{"Host: h"}, lines...)
	header = append(header, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: "+handshakeKey)
	return "GET " + path + " HTTP/1.1\r\n" + strings.Join(header, "\r\n") + "\r\n\r\n"
}

// handshakeHeader is the header of that request for package http.
func handshakeHeader(t testing.TB, lines ...string) http.Header {
	t.Helper()
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(handshake("/", lines...))))
	require.NoError(t, err)
	return request.Header
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
	return enter(w.t, conn, path)
}

// enter makes a peer of a connection, and takes its HELLO.
func enter(t testing.TB, conn net.Conn, path string) *wire {
	t.Helper()
	_, err := io.WriteString(conn, handshake(path))
	require.NoError(t, err)
	p := &wire{conn: conn, read: bufio.NewReaderSize(conn, 64<<10)}
	answer, err := http.ReadResponse(p.read, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	hello := string(p.skip())
	_, rest, ok := strings.Cut(hello, `{"id":"`)
	require.True(t, ok, hello)
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
