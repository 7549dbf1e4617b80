package turn_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"
	"github.com/stretchr/testify/require"
)

// A raw client sends what no well-behaved client does. Its answers come in the order of its
// requests.
type raw struct {
	t     testing.TB
	write func(frame []byte)
	read  func() []byte // the next frame

	username, password string
	realm, nonce       string
}

// raw connects a raw client of a peer over "udp", "tcp" or "tls".
func (r *relay) raw(network string, p *peer) *raw {
	r.t.Helper()
	username, password := r.Credential(p.room, p.id, time.Now().Add(time.Hour))
	return r.rawAs(network, username, password)
}

func (r *relay) rawAs(network, username, password string) *raw {
	r.t.Helper()
	var c *raw
	if network == "udp" {
		c = r.rawOnPackets(r.dial())
	} else {
		c = rawOn(r.t, r.connect(network))
	}
	c.username, c.password = username, password
	return c
}

func (r *relay) rawOnPackets(socket net.PacketConn) *raw {
	return &raw{
		t: r.t,
		write: func(frame []byte) {
			_, err := socket.WriteTo(frame, r.udp.LocalAddr())
			require.NoError(r.t, err)
		},
		read: func() []byte {
			require.NoError(r.t, socket.SetReadDeadline(time.Now().Add(within)))
			buffer := make([]byte, 2000)
			n, _, err := socket.ReadFrom(buffer)
			require.NoError(r.t, err)
			return buffer[:n]
		},
	}
}

// rawOn is a raw client on one end of a stream.
func rawOn(t testing.TB, conn net.Conn) *raw {
	reader := bufio.NewReader(conn)
	return &raw{
		t: t,
		write: func(frame []byte) {
			_, err := conn.Write(frame)
			require.NoError(t, err)
		},
		read: func() []byte {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(within)))
			header := make([]byte, 20)
			_, err := io.ReadFull(reader, header[:4])
			require.NoError(t, err)
			size := int(binary.BigEndian.Uint16(header[2:]))
			if header[0] < 4 {
				size += 16
			} else {
				size = (size + 3) &^ 3
			}
			frame := append(header[:4], make([]byte, size)...)
			_, err = io.ReadFull(reader, frame[4:])
			require.NoError(t, err)
			return frame
		},
	}
}

// message builds a request. It is signed if the client has a nonce.
func (c *raw) message(method stun.Method, attributes ...stun.Setter) *stun.Message {
	c.t.Helper()
	setters := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)
	if c.nonce != "" {
		setters = append(setters, stun.NewUsername(c.username), stun.NewRealm(c.realm), stun.NewNonce(c.nonce),
			stun.MessageIntegrity(pion.GenerateAuthKey(c.username, c.realm, c.password)))
	}
	m, err := stun.Build(setters...)
	require.NoError(c.t, err)
	return m
}

// ask sends a request and returns the answer, which must be the next STUN message.
func (c *raw) ask(method stun.Method, attributes ...stun.Setter) *stun.Message {
	c.t.Helper()
	return c.askWith(c.message(method, attributes...))
}

func (c *raw) askWith(request *stun.Message) *stun.Message {
	c.t.Helper()
	c.write(request.Raw)
	answer := &stun.Message{Raw: c.read()}
	require.NoError(c.t, answer.Decode())
	require.Equal(c.t, request.TransactionID, answer.TransactionID, "the answer is to another request")
	require.Equal(c.t, request.Type.Method, answer.Type.Method)
	return answer
}

// silent sends a frame that must not be answered.
func (c *raw) silent(frame []byte) {
	c.t.Helper()
	c.write(frame)
	c.ask(stun.MethodBinding) // fails if the frame is answered first
}

// challenge takes the nonce of a 401.
func (c *raw) challenge() {
	c.t.Helper()
	c.nonce = ""
	answer := c.ask(stun.MethodAllocate, udp)
	require.Equal(c.t, 401, codeOf(answer))
	nonce, err := answer.Get(stun.AttrNonce)
	require.NoError(c.t, err)
	realm, err := answer.Get(stun.AttrRealm)
	require.NoError(c.t, err)
	c.realm, c.nonce = string(realm), string(nonce)
}

// allocate makes an allocation and returns its label.
func (c *raw) allocate() *net.UDPAddr {
	c.t.Helper()
	c.challenge()
	answer := c.ask(stun.MethodAllocate, udp)
	require.Equal(c.t, 0, codeOf(answer))
	return labelOf(c.t, answer)
}

func labelOf(t testing.TB, answer *stun.Message) *net.UDPAddr {
	var label stun.XORMappedAddress
	require.NoError(t, label.GetFromAs(answer, stun.AttrXORRelayedAddress))
	return &net.UDPAddr{IP: label.IP, Port: label.Port}
}

// bind binds a channel to a label.
func (c *raw) bind(channel uint16, label *net.UDPAddr) *stun.Message {
	c.t.Helper()
	return c.ask(stun.MethodChannelBind, attribute(stun.AttrChannelNumber, byte(channel>>8), byte(channel), 0, 0), to(label))
}

// data is channel data, with padding.
func data(channel uint16, payload string) []byte {
	frame := binary.BigEndian.AppendUint16(nil, channel)
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
	frame = append(frame, payload...)
	return append(frame, make([]byte, -len(frame)&3)...)
}

// codeOf returns the code of an error, and 0 for a success.
func codeOf(m *stun.Message) int {
	var code stun.ErrorCodeAttribute
	if code.GetFrom(m) != nil {
		return 0
	}
	return int(code.Code)
}

// An attribute is set as it is.
func attribute(t stun.AttrType, value ...byte) stun.Setter {
	return &stun.RawAttribute{Type: t, Value: value}
}

// udp is REQUESTED-TRANSPORT.
var udp = attribute(stun.AttrRequestedTransport, 17, 0, 0, 0)

type peerAddress stun.XORMappedAddress

func (a peerAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress(a).AddToAs(m, stun.AttrXORPeerAddress)
}

// to is XOR-PEER-ADDRESS.
func to(a *net.UDPAddr) stun.Setter { return peerAddress{a.IP, a.Port} }

func lifetime(seconds uint32) stun.Setter {
	return attribute(stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, seconds)...)
}
