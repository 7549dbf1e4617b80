package rawpeer

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/protocol"
)

// A Peer writes bytes to the socket, as right or as wrong as a test wants.
type Peer struct {
	T      testing.TB
	Conn   net.Conn
	Reader *bufio.Reader
	ID     string // from HELLO
}

// V1 is the header of a handshake that offers v1.
const V1 = "Sec-WebSocket-Protocol: intercessor.v1"

// AccessEntry is the entry of that header that presents a secret (A2).
func AccessEntry(secret string) string {
	return protocol.AccessPrefix + base64.RawURLEncoding.EncodeToString([]byte(secret))
}

// TCP connects to HOST:PORT and says nothing.
func TCP(t testing.TB, address string) *Peer {
	t.Helper()
	return TCPWithin(t, address, 0)
}

// TCPWithin is TCP with a receive buffer of so many bytes, if not 0: a peer that does not
// read is full soon.
func TCPWithin(t testing.TB, address string, receive int) *Peer {
	t.Helper()
	dialer := &net.Dialer{Timeout: patience.Max, Control: func(_, _ string, c syscall.RawConn) (err error) {
		if receive > 0 {
			_ = c.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, receive)
			})
		}
		return err
	}}
	conn, err := dialer.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience.Max)))
	t.Cleanup(func() { _ = conn.Close() })
	return &Peer{T: t, Conn: conn, Reader: bufio.NewReader(conn)}
}

// Knock makes the handshake and reads no HELLO.
func Knock(t testing.TB, address, path string, headers ...string) *Peer {
	t.Helper()
	p := TCP(t, address)
	p.Write(Handshake(path, headers...))
	require.Equal(t, http.StatusSwitchingProtocols, p.Answer().StatusCode)
	return p
}

// Join connects a peer and reads its HELLO.
func Join(t testing.TB, address, path string, headers ...string) *Peer {
	t.Helper()
	p := Knock(t, address, path, headers...)
	p.ID = HelloID(p)
	return p
}

// HelloID reads HELLO and returns the ID in it.
func HelloID(p *Peer) string {
	p.T.Helper()
	hello := p.Delivery()
	require.Equal(p.T, "0 HELLO", hello.From+" "+hello.Type)
	var body struct{ ID string }
	require.NoError(p.T, json.Unmarshal(hello.Message, &body))
	return body.ID
}

// Answer reads the HTTP response.
func (p *Peer) Answer() *http.Response {
	p.T.Helper()
	response, err := http.ReadResponse(p.Reader, nil)
	require.NoError(p.T, err)
	return response
}

// Write writes bytes.
func (p *Peer) Write(s string) {
	p.T.Helper()
	_, err := io.WriteString(p.Conn, s)
	require.NoError(p.T, err)
}

// Text sends one whole text message.
func (p *Peer) Text(format string, args ...any) {
	p.T.Helper()
	p.Write(Frame(true, OpText, fmt.Sprintf(format, args...)))
}

// A Delivery is what a peer gets, its message as the bytes that came.
type Delivery struct {
	From, Type    string
	Message, Link json.RawMessage
}

// Next reads one frame of the relay.
func (p *Peer) Next() (opcode byte, payload []byte) {
	p.T.Helper()
	var header [2]byte
	_, err := io.ReadFull(p.Reader, header[:])
	require.NoError(p.T, err)
	require.Zero(p.T, header[1]&0x80, "a server does not mask")
	require.NotZero(p.T, header[0]&0x80, "the relay does not fragment")
	n := uint64(header[1])
	if n >= 126 {
		long := make([]byte, map[uint64]int{126: 2, 127: 8}[n])
		_, err = io.ReadFull(p.Reader, long)
		require.NoError(p.T, err)
		n = 0
		for _, b := range long {
			n = n<<8 | uint64(b)
		}
	}
	require.LessOrEqual(p.T, n, uint64(protocol.MaxDelivery))
	payload = make([]byte, n)
	_, err = io.ReadFull(p.Reader, payload)
	require.NoError(p.T, err)
	return header[0] & 0x0f, payload
}

// Delivery reads the next message.
func (p *Peer) Delivery() Delivery {
	p.T.Helper()
	opcode, payload := p.Next()
	for opcode == OpPing {
		p.Write(Frame(true, OpPong, string(payload)))
		opcode, payload = p.Next()
	}
	if opcode == OpClose {
		p.T.Fatalf("closed with %d %s", binary.BigEndian.Uint16(payload), payload[2:])
	}
	require.EqualValues(p.T, OpText, opcode)
	var d Delivery
	fields := json.NewDecoder(bytes.NewReader(payload))
	fields.DisallowUnknownFields() // the relay says these, and passes on no other (B34, B41)
	require.NoError(p.T, fields.Decode(&d), "%q", payload)
	return d
}

// Expect requires that this is the next message.
func (p *Peer) Expect(from, typ, message string) {
	p.T.Helper()
	d := p.Delivery()
	require.Equal(p.T, from+" "+typ+" "+message, d.From+" "+d.Type+" "+string(d.Message))
}

func (p *Peer) ExpectJoined(who *Peer) {
	p.T.Helper()
	p.Expect("0", "PEER_JOINED", `{"id":"`+who.ID+`"}`)
}

func (p *Peer) ExpectGone(who *Peer) {
	p.T.Helper()
	p.Expect("0", "PEER_GONE", `{"id":"`+who.ID+`"}`)
}

// ExpectClose reads up to the close frame and returns its reason. After it, the
// relay ends the connection.
func (p *Peer) ExpectClose(code protocol.Code) (reason string) {
	p.T.Helper()
	for {
		opcode, payload := p.Next()
		if opcode != OpClose {
			continue
		}
		if len(payload) == 0 {
			payload = []byte{1005 >> 8, 1005 & 0xff} // RFC 6455, section 7.4.1: no code was there
		}
		require.GreaterOrEqual(p.T, len(payload), 2)
		require.Equal(p.T, code, protocol.Code(binary.BigEndian.Uint16(payload)), "%s", payload[2:])
		p.ExpectEnd()
		return string(payload[2:])
	}
}

// ExpectEnd requires that the connection ends without another byte.
func (p *Peer) ExpectEnd() {
	p.T.Helper()
	_, err := p.Reader.ReadByte()
	require.Error(p.T, err)
	require.NotErrorIs(p.T, err, os.ErrDeadlineExceeded, "the relay keeps the connection open")
}

// Await passes over what the relay says, presence above all, and wants the next
// message to be this one.
func (p *Peer) Await(from, typ string) Delivery {
	p.T.Helper()
	for {
		d := p.Delivery()
		if d.From == "0" && d.Type != typ {
			continue
		}
		require.Equal(p.T, from+" "+typ, d.From+" "+d.Type)
		return d
	}
}

// ExpectPong requires that a ping is answered. It answers the relay's own pings.
func (p *Peer) ExpectPong() {
	p.T.Helper()
	p.Write(Frame(true, OpPing, "alive?"))
	for {
		opcode, payload := p.Next()
		if opcode == OpPing {
			p.Write(Frame(true, OpPong, string(payload)))
			continue
		}
		require.EqualValues(p.T, OpPong, opcode, "%q", payload)
		if string(payload) == "alive?" {
			return
		}
	}
}

// Drain reads until the connection ends, however it does.
func (p *Peer) Drain() {
	p.T.Helper()
	_ = p.Conn.(interface{ CloseWrite() error }).CloseWrite()
	_, err := io.Copy(io.Discard, p.Reader)
	require.NoError(p.T, err)
}
