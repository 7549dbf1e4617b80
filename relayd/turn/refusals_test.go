package turn_test

import (
	"encoding/binary"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// TestAllocateIsRefusedWithACode: each kind of allocation that there is not.
func TestAllocateIsRefusedWithACode(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	const dontFragment, unknown = stun.AttrDontFragment, stun.AttrType(0x7ABC)
	for _, c := range []struct {
		what       string
		attributes []stun.Setter
		code       int
	}{
		{"no transport", nil, 400},
		{"half a transport", []stun.Setter{attribute(stun.AttrRequestedTransport, 17)}, 400},
		{"TCP", []stun.Setter{attribute(stun.AttrRequestedTransport, 6, 0, 0, 0)}, 442},
		{"another protocol", []stun.Setter{attribute(stun.AttrRequestedTransport, 132, 0, 0, 0)}, 442},
		{"IPv6", []stun.Setter{udp, attribute(stun.AttrRequestedAddressFamily, 2, 0, 0, 0)}, 440},
		{"an unknown family", []stun.Setter{udp, attribute(stun.AttrRequestedAddressFamily, 7, 0, 0, 0)}, 440},
		{"half a family", []stun.Setter{udp, attribute(stun.AttrRequestedAddressFamily, 1)}, 400},
		{"an even port", []stun.Setter{udp, attribute(stun.AttrEvenPort, 0)}, 400},
		{"a pair of ports", []stun.Setter{udp, attribute(stun.AttrEvenPort, 0x80)}, 400},
		{"a reservation", []stun.Setter{udp, attribute(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8)}, 400},
		{"no fragments", []stun.Setter{udp, attribute(dontFragment)}, 420},
		{"an unknown attribute", []stun.Setter{udp, attribute(unknown, 1)}, 420},
		{"IPv4", []stun.Setter{udp, attribute(stun.AttrRequestedAddressFamily, 1, 0, 0, 0)}, 0},
	} {
		for _, network := range []string{"udp", "tcp"} {
			conn := r.raw(network, guest)
			conn.challenge()
			answer := conn.ask(stun.MethodAllocate, c.attributes...)
			require.Equal(t, c.code, codeOf(answer), "%s over %s", c.what, network)
			require.True(t, answer.Contains(stun.AttrMessageIntegrity), "%s: the answer is signed", c.what)
			require.False(t, answer.Contains(stun.AttrSoftware))
		}
	}
	require.Equal(t, 2, r.Stats().Allocations)
	require.EqualValues(t, 4, r.Stats().Refused[442])
}

func TestAClientHasOneAllocation(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	c.challenge()
	request := c.message(stun.MethodAllocate, udp)
	label := labelOf(t, c.askWith(request))
	require.Equal(t, label, labelOf(t, c.askWith(request)), "a retransmission")
	require.Equal(t, 437, codeOf(c.ask(stun.MethodAllocate, udp)))
	require.Equal(t, 1, r.Stats().Allocations)
}

// TestRequestsNeedAnAllocation: and the answer says at once that it is gone, as after a restart.
func TestRequestsNeedAnAllocation(t *testing.T) {
	r := start(t, nil)
	label := &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5000}
	for _, network := range []string{"udp", "tcp"} {
		c := r.raw(network, r.add("room", "guest"))
		c.challenge()
		require.Equal(t, 437, codeOf(c.ask(stun.MethodRefresh)))
		require.Equal(t, 437, codeOf(c.ask(stun.MethodCreatePermission, to(label))))
		require.Equal(t, 437, codeOf(c.bind(0x4000, label)))
		c.nonce = "of-another-server"
		require.Equal(t, 437, codeOf(c.ask(stun.MethodRefresh)))
		require.Equal(t, 438, codeOf(c.ask(stun.MethodAllocate, udp)))
	}
}

func TestChannelsAreRefusedWithACode(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	label := c.allocate()
	next := &net.UDPAddr{IP: label.IP, Port: label.Port ^ 1}
	number := attribute(stun.AttrChannelNumber, 0x40, 0, 0, 0)
	require.Equal(t, 400, codeOf(c.ask(stun.MethodChannelBind, to(label))), "no number")
	require.Equal(t, 400, codeOf(c.ask(stun.MethodChannelBind, number)), "no address")
	require.Equal(t, 400, codeOf(c.ask(stun.MethodChannelBind, number, attribute(stun.AttrXORPeerAddress, 1, 2))))
	require.Equal(t, 400, codeOf(c.ask(stun.MethodCreatePermission)))
	require.Equal(t, 400, codeOf(c.ask(stun.MethodCreatePermission, attribute(stun.AttrXORPeerAddress, 1, 2))))
	for _, outside := range []uint16{0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF} {
		require.Equal(t, 400, codeOf(c.bind(outside, label)), "%x", outside)
	}
	require.Equal(t, 0, codeOf(c.bind(0x4FFF, label)))
	require.Equal(t, 0, codeOf(c.bind(0x4FFF, label)), "again")
	require.Equal(t, 400, codeOf(c.bind(0x4FFF, next)), "another label")
	require.Equal(t, 400, codeOf(c.bind(0x4000, label)), "another number")
}

// TestChannelsAreBounded: pion looks at all channels of an allocation for each packet.
func TestChannelsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		c := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
		label := c.allocate()
		bind := func(i int) int {
			return codeOf(c.bind(uint16(0x4000+i), &net.UDPAddr{IP: label.IP, Port: 2000 + i}))
		}
		for i := range 64 {
			require.Equal(t, 0, bind(i))
		}
		require.Equal(t, 508, bind(64))
		time.Sleep(9 * time.Minute)
		require.Equal(t, 0, bind(0), "a channel that exists is refreshed")
		require.Equal(t, 0, codeOf(c.ask(stun.MethodRefresh)))
		time.Sleep(2 * time.Minute)
		for i := range 63 {
			require.Equal(t, 0, bind(64+i), "the others have expired")
		}
		require.Equal(t, 508, bind(63))
		require.Equal(t, 0, bind(0))
	})
}

// TestNoAnswer: to what no client of TURN sends.
func TestNoAnswer(t *testing.T) {
	r := start(t, nil)
	c := r.raw("udp", r.add("room", "guest"))
	short := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	classic := append([]byte(nil), short...)
	copy(classic[4:], "old!") // RFC 3489 has no cookie
	long := append(append([]byte(nil), short...), 0, 0, 0, 0)
	cut := append([]byte(nil), short...)
	binary.BigEndian.PutUint16(cut[2:], 8)
	message := func(method stun.Method, class stun.MessageClass) []byte {
		return stun.MustBuild(stun.TransactionID, stun.NewType(method, class)).Raw
	}
	want := map[string]uint64{}
	for _, n := range []struct {
		what   string
		frame  []byte
		reason string
	}{
		{"nothing", nil, "malformed"},
		{"a byte", []byte{0}, "malformed"},
		{"RFC 3489", classic, "malformed"},
		{"too long for its length", long, "malformed"},
		{"too short for its length", cut, "malformed"},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), "malformed"},
		{"DTLS", []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0}, "malformed"},
		{"a Binding indication", message(stun.MethodBinding, stun.ClassIndication), "unexpected"},
		{"a Data indication", message(stun.MethodData, stun.ClassIndication), "unexpected"},
		{"an answer", message(stun.MethodBinding, stun.ClassSuccessResponse), "unexpected"},
		{"an error", message(stun.MethodAllocate, stun.ClassErrorResponse), "unexpected"},
		{"Connect", message(stun.MethodConnect, stun.ClassRequest), "unexpected"},
		{"ConnectionBind", message(stun.MethodConnectionBind, stun.ClassRequest), "unexpected"},
		{"an unknown method", message(0x00D, stun.ClassRequest), "unexpected"},
		{"a Send indication", message(stun.MethodSend, stun.ClassIndication), "no_allocation"},
		{"channel data", data(0x4000, "data"), "no_allocation"},
		{"channel data without data", data(0x4000, ""), "no_allocation"},
		{"half of channel data", data(0x4000, "data")[:6], "malformed"},
		{"channel data of no channel", data(0x5000, "data"), "malformed"},
		{"too much", make([]byte, 3000), "too_large"},
	} {
		c.silent(n.frame)
		want[n.reason]++
		require.Equal(t, want[n.reason], r.Stats().Dropped[n.reason], n.what)
	}
	c.allocate()
	c.silent(message(stun.MethodSend, stun.ClassIndication)) // without address and data
	c.silent(data(0x4000, "an unbound channel"))
}

// TestAnswersToStrangersAreSmall: a forged source gets at most twice of what was sent, with the
// headers of IP and UDP.
func TestAnswersToStrangersAreSmall(t *testing.T) {
	r := start(t, nil)
	six, err := net.ListenPacket("udp", "[::1]:0")
	require.NoError(t, err)
	r.ServePacket(six)
	guest := r.add("room", "guest")
	for _, of := range []struct {
		socket        net.PacketConn
		headers, most int
	}{{r.udp, 28, 96}, {six, 48, 116}} {
		r.udp = of.socket
		c := r.rawOnPackets(r.dial())
		c.username, c.password = r.Credential(guest.room, "other", time.Unix(1, 0))
		for _, nonce := range []string{"", "n"} {
			for _, method := range []stun.Method{stun.MethodBinding, stun.MethodAllocate, stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind} {
				c.nonce = nonce
				request := c.message(method)
				answer := c.askWith(request)
				require.LessOrEqual(t, len(answer.Raw)+of.headers, min(of.most, 2*(len(request.Raw)+of.headers)), "%v", answer)
				require.False(t, answer.Contains(stun.AttrSoftware))
			}
		}
	}
}
