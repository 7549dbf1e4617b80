package turn_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

// plenty are limits that a fuzzer does not reach.
var plenty = turn.Limits{
	AllocationsOfClient: 4, Requests: 1 << 30, RequestsOfNetwork: 1 << 30,
	BytesOfAllocation: 1 << 40, BytesOfRoom: 1 << 40, Bytes: 1 << 40,
}

// FuzzPackets sends a packet of any bytes over UDP, and a request of any attributes that is signed
// rightly, from a stranger and from a client with an allocation. Whatever it is, the server sends
// a stranger at most twice as much, and still serves.
func FuzzPackets(f *testing.F) {
	r, w := startOn(f, plenty)
	guest := r.add("room", "guest")
	client := r.rawAt(w, "198.18.0.1:1000", guest)
	stranger := r.rawAt(w, "198.18.0.2:1000", guest)
	stranger.challenge()
	nonce := stranger.nonce
	label := client.allocate()
	require.Equal(f, 0, codeOf(client.bind(0x4000, label)))

	for _, seed := range [][]byte{
		nil, {0}, binding(), allocating(), data(0x4000, "data"), data(0x4000, ""), data(0x4FFF, "data"), {0x40, 0, 0xFF, 0xFF, 0},
		client.message(stun.MethodRefresh).Raw, client.message(stun.MethodRefresh, lifetime(0)).Raw,
		client.message(stun.MethodCreatePermission, to(label)).Raw,
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), to(label), attribute(stun.AttrData, 1, 2)).Raw,
	} {
		f.Add(seed, uint16(stun.MethodAllocate))
	}
	for _, seed := range []struct {
		method     stun.Method
		attributes []stun.Setter
	}{
		{stun.MethodAllocate, []stun.Setter{udp}},
		{stun.MethodAllocate, []stun.Setter{udp, attribute(stun.AttrRequestedAddressFamily, 2, 0, 0, 0)}},
		{stun.MethodAllocate, []stun.Setter{udp, attribute(stun.AttrEvenPort, 0x80), lifetime(0)}},
		{stun.MethodRefresh, []stun.Setter{lifetime(1 << 31)}},
		{stun.MethodChannelBind, []stun.Setter{attribute(stun.AttrChannelNumber, 0x40, 1, 0, 0), to(label)}},
		{stun.MethodCreatePermission, []stun.Setter{to(label), to(&net.UDPAddr{IP: net.IPv6loopback, Port: 1})}},
	} {
		m := stun.MustBuild(append([]stun.Setter{stun.TransactionID}, seed.attributes...)...)
		f.Add(m.Raw[20:], uint16(seed.method))
	}
	f.Fuzz(func(t *testing.T, input []byte, method uint16) {
		if len(input) > 2000 {
			return
		}
		for _, c := range []*raw{stranger, client} {
			c.t = t
			c.write(input)
			for _, answer := range c.untilBinding() {
				if c == stranger {
					require.LessOrEqual(t, len(answer)+28, 2*(len(input)+28))
				}
			}
		}
		if len(input)%4 != 0 || len(input) > 1200 || method > 0xFFF {
			return
		}
		for _, c := range []*raw{stranger, client} {
			c.nonce = nonce
			signed := c.message(stun.Method(method), attributes(input))
			c.write(signed.Raw)
			c.untilBinding()
		}
		require.LessOrEqual(t, r.Stats().Allocations, 2)
		// Both are as before for the next input.
		stranger.write(stranger.message(stun.MethodRefresh, lifetime(0)).Raw)
		stranger.untilBinding()
		client.write(client.message(stun.MethodAllocate, udp).Raw)
		client.untilBinding()
	})
}

// attributes are added to a message as they are.
type attributes []byte

func (a attributes) AddTo(m *stun.Message) error {
	m.Raw = append(m.Raw, a...)
	m.Length += uint32(len(a))
	m.WriteLength()
	return nil
}

// untilBinding asks for a Binding and returns all answers that came before its own.
func (c *raw) untilBinding() (before [][]byte) {
	c.t.Helper()
	request := binding()
	c.write(request)
	for {
		answer := c.read()
		if len(answer) >= 20 && bytes.Equal(answer[4:20], request[4:20]) {
			return before
		}
		before = append(before, answer)
	}
}

// FuzzFrames sends requests over TCP, with channel data between them, in pieces of any size. The
// frames are found wherever they are cut: each request is answered, in order.
func FuzzFrames(f *testing.F) {
	r, _ := startOn(f, plenty)
	guest := r.add("room", "guest")
	f.Add([]byte{}, uint8(1))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 200, 201, 255}, uint8(3))
	f.Add([]byte{255, 255, 255, 0, 0}, uint8(255))
	f.Fuzz(func(t *testing.T, sizes []byte, piece uint8) {
		if len(sizes) > 100 {
			return
		}
		r.t = t
		c, conn, ok := r.connectPipe(guest)
		require.True(t, ok)
		defer conn.Close()
		c.t = t
		var stream []byte
		var requests [][]byte
		for i, size := range sizes {
			requests = append(requests, binding())
			stream = append(stream, requests[i]...)
			stream = append(stream, data(0x4000+uint16(i), string(make([]byte, int(size)*int(size))))...)
		}
		go func() {
			for len(stream) > 0 {
				n := min(int(piece)+1, len(stream))
				if _, err := conn.Write(stream[:n]); err != nil {
					return
				}
				stream = stream[n:]
			}
		}()
		for i, request := range requests {
			require.Equal(t, request[4:20], c.read()[4:20], "request %d", i)
		}
	})
}

// FuzzStream sends any bytes over TCP. The server reads them or closes the connection, and when the
// client closes it, nothing is left.
func FuzzStream(f *testing.F) {
	r, _ := startOn(f, plenty)
	f.Add([]byte{})
	f.Add(binding())
	f.Add(append(allocating(), data(0x4000, "data")...))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	f.Add(binary.BigEndian.AppendUint32(nil, 0x4000FFFF))
	f.Add(append([]byte{0, 1, 0xFF, 0xFC, 0x21, 0x12, 0xA4, 0x42}, make([]byte, 2000)...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		near, far := net.Pipe()
		require.True(t, r.ServeConn(pipe{far, &net.TCPAddr{IP: net.IPv4(198, 18, 0, 1), Port: 1}}))
		done := make(chan struct{})
		go func() {
			defer close(done)
			io.Copy(io.Discard, near)
		}()
		require.NoError(t, near.SetWriteDeadline(time.Now().Add(within)))
		if _, err := near.Write(stream); err != nil {
			require.ErrorIs(t, err, io.ErrClosedPipe)
		}
		near.Close()
		<-done
		require.Eventually(t, func() bool { return r.Stats().Connections == 0 }, within, 10*time.Microsecond)
	})
}
