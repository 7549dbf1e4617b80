package nat_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/patience"
)

// silence is how long a test waits for a packet that must not come.
const silence = 300 * time.Millisecond

// TestEachKindMapsAndFiltersAsItsNameSays asks with plain sockets: one at the site, and four of
// two machines on the Internet.
func TestEachKindMapsAndFiltersAsItsNameSays(t *testing.T) {
	t.Parallel()
	i := newInternet(t)
	one, other := i.machine("198.18.0.10", "2001:db8::10"), i.machine("198.18.0.11", "2001:db8::11")
	listen(t, one, "198.18.0.10:443", "198.18.0.10:3478", "[2001:db8::10]:443", "[2001:db8::10]:3478")
	for _, k := range kinds {
		s := i.join(k)
		t.Run(k.slug(), func(t *testing.T) {
			t.Parallel()
			host, hosts := "198.18.0.10", "198.18.0.11"
			if k.ipv6 {
				host, hosts = "2001:db8::10", "2001:db8::11"
			}
			a, b, c := socket(t, one, host), socket(t, one, host), socket(t, other, hosts)
			at := socket(t, s.host, "")

			from := sees(t, a, at, k.udp)
			require.Equal(t, k.udp, from != nil)
			if k.udp {
				require.Equal(t, k.translate == notMapped, from.String() == at.LocalAddr().String())
				require.Equal(t, k.filter <= fromAddress, reaches(t, b, at, from, k.filter <= fromAddress), "from another port")
				require.Equal(t, k.filter == fromAll, reaches(t, c, at, from, k.filter == fromAll), "from another address")
				other := sees(t, b, at, true).String()
				require.Equal(t, k.translate == newPort, other != from.String())
				require.Equal(t, k.translate == newPort, sees(t, c, at, true).String() != other)
			}
			for port, open := range map[string]bool{"443": true, "3478": k.tcp} {
				require.Equal(t, open, connects(t, s, net.JoinHostPort(host, port), open), port)
			}
		})
	}
}

// socket makes a UDP socket at an address of a machine, "" for that of its route.
func socket(t *testing.T, at *netspace.Space, host string) (socket net.PacketConn) {
	t.Helper()
	at.Do(func() {
		if host == "" {
			host = addressOf(t)
		}
		var err error
		socket, err = net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		require.NoError(t, err)
	})
	t.Cleanup(func() { _ = socket.Close() })
	return socket
}

// addressOf returns the address from which the thread's namespace reaches the Internet.
func addressOf(t *testing.T) string {
	t.Helper()
	conn, err := net.Dial("udp4", "198.18.0.10:9")
	if err != nil {
		conn, err = net.Dial("udp6", "[2001:db8::10]:9")
	}
	require.NoError(t, err)
	defer conn.Close()
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	require.NoError(t, err)
	return host
}

// sees sends a packet to a socket on the Internet, and returns whence it came; nil if it did not.
func sees(t *testing.T, seer, from net.PacketConn, should bool) net.Addr {
	t.Helper()
	_, err := from.WriteTo([]byte("out"), seer.LocalAddr())
	require.NoError(t, err)
	_, address := read(t, seer, should)
	return address
}

// reaches reports whether a packet comes through to the site's socket, by the address under which
// another socket has seen it.
func reaches(t *testing.T, from, to net.PacketConn, at net.Addr, should bool) bool {
	t.Helper()
	_, err := from.WriteTo([]byte("in"), at)
	require.NoError(t, err)
	text, _ := read(t, to, should)
	return text == "in"
}

func read(t *testing.T, socket net.PacketConn, should bool) (text string, from net.Addr) {
	t.Helper()
	wait := silence
	if should {
		wait = patience.Max
	}
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(wait)))
	b := make([]byte, 100)
	n, from, err := socket.ReadFrom(b)
	if err != nil {
		return "", nil
	}
	return string(b[:n]), from
}

// listen has a machine listen on TCP ports.
func listen(t *testing.T, at *netspace.Space, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		at.Do(func() {
			ln, err := net.Listen("tcp", address)
			require.NoError(t, err)
			t.Cleanup(func() { _ = ln.Close() })
		})
	}
}

// connects reports whether a site reaches a TCP port of a machine.
func connects(t *testing.T, from *site, address string, should bool) bool {
	t.Helper()
	wait := silence
	if should {
		wait = patience.Max
	}
	var err error
	from.host.Do(func() { // in which Dial makes the socket itself, because there is one address
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp", address, wait); err == nil {
			err = conn.Close()
		}
	})
	return err == nil
}
