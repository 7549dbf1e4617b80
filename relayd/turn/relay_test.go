package turn_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// TestPeersOfARoomExchangePackets: over each pair of transports, through labels.
func TestPeersOfARoomExchangePackets(t *testing.T) {
	r := start(t, nil)
	server, guest := r.add("room", "room"), r.add("room", "guest")
	networks := []string{"udp", "tcp", "tls"}
	ofServer, ofGuest := make(map[string]*client), make(map[string]*client)
	for _, network := range networks {
		ofServer[network], ofGuest[network] = r.allocate(network, server), r.allocate(network, guest)
	}
	for _, a := range networks {
		for _, b := range networks {
			x, y := ofServer[a], ofGuest[b]
			x.permit(y)
			y.permit(x)
			for i := range 10 {
				data := fmt.Sprint(a, " to ", b, ", packet ", i)
				x.send(y, data)
				got, from := y.receive()
				require.Equal(t, data, got)
				require.Equal(t, x.LocalAddr().String(), from)
				y.send(x, "answer")
				got, from = x.receive()
				require.Equal(t, "answer", got)
				require.Equal(t, y.LocalAddr().String(), from)
			}
		}
	}
	stats := r.Stats()
	require.Equal(t, 6, stats.Allocations)
	require.Equal(t, 4, stats.Connections)
	require.Eventually(t, func() bool { return r.Stats().Packets == 9*20 }, within, time.Millisecond, "the last is counted when it has left")
}

// TestAPeerReachesItself: through two of its allocations, and through one.
func TestAPeerReachesItself(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	x, y := r.allocate("udp", guest), r.allocate("tcp", guest)
	x.permit(y)
	y.permit(x)
	x.send(y, "to the other")
	got, _ := y.receive()
	require.Equal(t, "to the other", got)
	x.send(x, "to itself")
	got, from := x.receive()
	require.Equal(t, "to itself", got)
	require.Equal(t, x.LocalAddr().String(), from)
}

// TestStrangersDoNotReachEachOther: neither peers of two rooms, nor two clients of one room.
func TestStrangersDoNotReachEachOther(t *testing.T) {
	r := start(t, nil)
	server, guest := r.add("room", "room"), r.add("room", "guest")
	x, y := r.allocate("udp", server), r.allocate("udp", guest)
	strangers := []*client{
		r.allocate("udp", r.add("room", "another")),
		r.allocate("udp", r.add("other", "other")),
		r.allocate("tcp", r.add("other", "guest")),
	}
	y.permit(x) // which is a permission for all labels
	x.permit(y)
	for i, stranger := range strangers {
		stranger.permit(y)
		stranger.send(y, "from a stranger")
		r.dropped("strangers", i+1)
	}
	x.send(y, "from the server")
	got, _ := y.receive()
	require.Equal(t, "from the server", got, "nothing came before")
}

func TestAReceiverNeedsAPermission(t *testing.T) {
	r := start(t, nil)
	x, y := r.allocate("udp", r.add("room", "room")), r.allocate("udp", r.add("room", "guest"))
	x.permit(y)
	x.send(y, "too early")
	r.dropped("no_permission", 1)
	y.permit(x)
	x.send(y, "in time")
	got, _ := y.receive()
	require.Equal(t, "in time", got)
}

// TestNobodyHasALabel: a packet for a label that is free goes nowhere.
func TestNobodyHasALabel(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	label := c.allocate()
	free := &net.UDPAddr{IP: label.IP, Port: 1024 + label.Port%2}
	require.Equal(t, 0, codeOf(c.bind(0x4000, free)))
	c.silent(data(0x4000, "lost"))
	r.dropped("no_label", 1)
}

// TestClientsReachLabelsOnly: whatever else lies on the relay's network.
func TestClientsReachLabelsOnly(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	c.allocate()
	for _, address := range []string{
		"127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "8.8.8.8",
		"192.0.2.2", "224.0.0.1", "255.255.255.255",
	} {
		peer := to(&net.UDPAddr{IP: net.ParseIP(address).To4(), Port: 5000})
		require.Equal(t, 403, codeOf(c.ask(stun.MethodCreatePermission, peer)), address)
		require.Equal(t, 403, codeOf(c.ask(stun.MethodChannelBind, attribute(stun.AttrChannelNumber, 0x40, 0, 0, 0), peer)), address)
	}
	for _, address := range []string{"::1", "fe80::1", "fd00::1", "2001:db8::1"} {
		peer := to(&net.UDPAddr{IP: net.ParseIP(address), Port: 5000})
		require.Equal(t, 443, codeOf(c.ask(stun.MethodCreatePermission, peer)), address)
		require.Equal(t, 443, codeOf(c.ask(stun.MethodChannelBind, attribute(stun.AttrChannelNumber, 0x40, 0, 0, 0), peer)), address)
	}
	mixed := c.ask(stun.MethodCreatePermission,
		to(&net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5000}), to(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000}))
	require.Equal(t, 403, codeOf(mixed), "one label does not excuse another address")
}

// TestAnIPv6ClientGetsAnIPv4Label: and reaches an IPv4 client.
func TestAnIPv6ClientGetsAnIPv4Label(t *testing.T) {
	r := start(t, nil)
	six, err := net.ListenPacket("udp", "[::1]:0")
	require.NoError(t, err)
	r.ServePacket(six)
	four := r.allocate("udp", r.add("room", "room"))
	guest := r.add("room", "guest")
	r.udp = six
	c := r.raw("udp", guest)
	label := c.allocate()
	require.Equal(t, "192.0.2.1", label.IP.String())
	require.GreaterOrEqual(t, label.Port, 1024)
	require.Equal(t, 0, codeOf(c.bind(0x4000, four.LocalAddr().(*net.UDPAddr))))
	require.NoError(t, four.pion.CreatePermission(label))
	c.write(data(0x4000, "over IPv6"))
	got, from := four.receive()
	require.Equal(t, "over IPv6", got)
	require.Equal(t, label.String(), from)
	_, err = four.WriteTo([]byte("over IPv4"), label)
	require.NoError(t, err)
	require.Equal(t, data(0x4000, "over IPv4"), c.read())
}

// TestASocketOfBothFamilies: an IPv4 client sees an IPv4 address.
func TestASocketOfBothFamilies(t *testing.T) {
	r := start(t, nil)
	both, err := net.ListenPacket("udp", "[::]:0")
	require.NoError(t, err)
	r.ServePacket(both)
	guest := r.add("room", "guest")
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		socket, err := net.ListenPacket("udp", net.JoinHostPort(loopback, "0"))
		require.NoError(t, err)
		defer socket.Close()
		c := r.rawOnPackets(socket)
		c.write = func(frame []byte) {
			_, err := socket.WriteTo(frame, &net.UDPAddr{IP: net.ParseIP(loopback), Port: both.LocalAddr().(*net.UDPAddr).Port})
			require.NoError(t, err)
		}
		c.username, c.password = r.Credential(guest.room, guest.id, time.Now().Add(time.Hour))
		var mapped stun.XORMappedAddress
		require.NoError(t, mapped.GetFrom(c.ask(stun.MethodBinding)))
		require.Equal(t, socket.LocalAddr().String(), net.JoinHostPort(mapped.IP.String(), fmt.Sprint(mapped.Port)))
		require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
		frame := data(0x4000, loopback)
		c.write(frame)
		require.Equal(t, frame, c.read())
	}
}

func TestPacketsOfAllSizesPass(t *testing.T) {
	r := start(t, nil)
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			peer := r.add("room", "guest")
			c := r.raw(network, peer)
			require.Equal(t, 0, codeOf(c.bind(0x4000, c.allocate())))
			for _, size := range []int{1, 2, 3, 4, 5, 8, 255, 256, 257, 1200, 1500, 1592} {
				frame := data(0x4000, strings.Repeat("x", size))
				c.write(frame)
				require.Equal(t, frame, c.read())
			}
			dropped := int(r.Stats().Dropped["too_large"])
			c.write(data(0x4000, strings.Repeat("x", 1596)))
			r.dropped("too_large", dropped+1)
			frame := data(0x4000, "small again")
			c.write(frame)
			require.Equal(t, frame, c.read())
			peer.gone.Store(true)
		})
	}
}

func TestALabelIsOfADocumentationNetwork(t *testing.T) {
	for _, label := range []string{"192.0.2.255", "198.51.100.7", "203.0.113.1"} {
		r := start(t, func(c *turn.Config) { c.Label = netip.MustParseAddr(label) })
		require.Equal(t, label, r.raw("udp", r.add("room", "guest")).allocate().IP.String())
	}
	for _, label := range []string{"10.0.0.1", "192.0.3.1", "127.0.0.1", "::1", "::ffff:192.0.2.1"} {
		_, err := turn.New(turn.Config{Label: netip.MustParseAddr(label), Keys: []turn.Key{firstKey}, Peers: &roster{}})
		require.ErrorContains(t, err, "label", label)
	}
}

// TestSTUNTellsAnAddress: without a credential.
func TestSTUNTellsAnAddress(t *testing.T) {
	r := start(t, nil)
	socket := r.dial()
	defer socket.Close()
	c, err := pion.NewClient(&pion.ClientConfig{STUNServerAddr: r.udp.LocalAddr().String(), Conn: socket, LoggerFactory: silent{}})
	require.NoError(t, err)
	require.NoError(t, c.Listen())
	defer c.Close()
	address, err := c.SendBindingRequest()
	require.NoError(t, err)
	require.Equal(t, socket.LocalAddr().String(), address.String())
}
