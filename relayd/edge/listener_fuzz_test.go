package edge_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/stretchr/testify/require"
)

// recorded is a connection that has said everything already, from a proxy or a stranger.
type recorded struct {
	*bytes.Reader
	from *net.TCPAddr
}

func (r recorded) Close() error                     { return nil }
func (r recorded) Write(b []byte) (int, error)      { return len(b), nil }
func (r recorded) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9), Port: 443} }
func (r recorded) RemoteAddr() net.Addr             { return r.from }
func (r recorded) SetDeadline(time.Time) error      { return nil }
func (r recorded) SetReadDeadline(time.Time) error  { return nil }
func (r recorded) SetWriteDeadline(time.Time) error { return nil }

// playback is a listener at which one such connection comes.
type playback struct{ net.Conn }

func (p playback) Accept() (net.Conn, error) { return p.Conn, nil }
func (p playback) Close() error              { return nil }
func (p playback) Addr() net.Addr            { return p.LocalAddr() }

// FuzzProxyHeader: the bytes behind a header are passed on unchanged, and the address is that of
// the proxy or of a TCP client in the header. Only a trusted proxy can send a header.
func FuzzProxyHeader(f *testing.F) {
	for _, seed := range []string{
		"", v1Header, v2Header, v1Header + v2Header, "PROXY UNKNOWN\r\n", "PROXY TCP4 1.2.3.4\r\n", "PROXY TCP6 ::1 ::1 1 65536\r\n", "PROXY ",
		v2(0x20, 0, nil), v2(0x21, 0x31, make([]byte, 216)), v2(0x21, 0x12, pair("203.0.113.9", "10.0.0.1", 1, 2)), v2(0x2f, 0xff, nil),
		strings.Repeat("P", 300), v2Header[:15] + "\xff\xff", "PROXY TCP4 ::ffff:1.2.3.4 1.2.3.4 1 1\r\n",
	} {
		f.Add([]byte(seed))
	}
	p := proxies(f, edge.ProxyProtocol)
	f.Fuzz(func(t *testing.T, ahead []byte) {
		sent := append(bytes.Clone(ahead), "GET / HTTP/1.1\r\n\r\n"...)
		read := func(peer string) (net.Conn, []byte, error) {
			from := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(peer))
			conn, err := p.Listener(playback{recorded{bytes.NewReader(sent), from}}, time.Minute).Accept()
			require.NoError(t, err)
			got, err := io.ReadAll(conn)
			return conn, got, err
		}
		conn, got, err := read(proxy)
		require.True(t, bytes.HasSuffix(sent, got), "%q", got)
		require.IsType(t, (*net.TCPAddr)(nil), conn.RemoteAddr())
		if err == nil {
			require.Less(t, len(got), len(sent), "a header is required")
		}

		conn, got, err = read(stranger)
		require.NoError(t, err)
		require.Equal(t, sent, got)
		require.Equal(t, stranger, conn.RemoteAddr().String())
	})
}
