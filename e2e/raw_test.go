package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// A rawPeer writes bytes to the socket, as right or as wrong as a test wants.
type rawPeer struct {
	t    testing.TB
	conn net.Conn
	read *bufio.Reader
	id   string // from HELLO
}

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

const handshakeKey = "dGhlIHNhbXBsZSBub25jZQ=="

// tcp connects without saying anything.
func (r *relayProcess) tcp() *rawPeer { return r.tcpWithin(0) }

// tcpWithin is tcp with a receive buffer of so many bytes, if not 0: a peer that
// does not read is full soon.
func (r *relayProcess) tcpWithin(receive int) *rawPeer {
	r.t.Helper()
	dialer := &net.Dialer{Timeout: patience, Control: func(_, _ string, c syscall.RawConn) (err error) {
		if receive > 0 {
			_ = c.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, receive)
			})
		}
		return err
	}}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(r.HTTP, "http://"))
	require.NoError(r.t, err)
	require.NoError(r.t, conn.SetDeadline(time.Now().Add(patience)))
	r.t.Cleanup(func() { _ = conn.Close() })
	return &rawPeer{t: r.t, conn: conn, read: bufio.NewReader(conn)}
}

// knock makes the handshake and expects no HELLO.
func (r *relayProcess) knock(path string, headers ...string) *rawPeer {
	r.t.Helper()
	p := r.tcp()
	p.write(handshake(path, headers...))
	answer := p.answer()
	require.Equal(r.t, http.StatusSwitchingProtocols, answer.StatusCode)
	return p
}

// raw connects a peer and takes its HELLO.
func (r *relayProcess) raw(path string, headers ...string) *rawPeer {
	r.t.Helper()
	p := r.knock(path, headers...)
	p.id = helloID(p)
	return p
}

func helloID(p *rawPeer) string {
	p.t.Helper()
	hello := p.delivery()
	require.Equal(p.t, "0 HELLO", hello.From+" "+hello.Type)
	var body struct{ ID string }
	require.NoError(p.t, json.Unmarshal(hello.Message, &body))
	return body.ID
}

func handshake(path string, headers ...string) string {
	lines := append([]string{
		"GET " + path + " HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + handshakeKey,
	}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// answer reads the HTTP response.
func (p *rawPeer) answer() *http.Response {
	p.t.Helper()
	response, err := http.ReadResponse(p.read, nil)
	require.NoError(p.t, err)
	return response
}

func (p *rawPeer) write(s string) {
	p.t.Helper()
	_, err := io.WriteString(p.conn, s)
	require.NoError(p.t, err)
}

// text sends one whole text message.
func (p *rawPeer) text(format string, args ...any) {
	p.t.Helper()
	p.write(frame(true, opText, fmt.Sprintf(format, args...)))
}

// frame makes a masked frame, its length in as few bytes as may be.
func frame(fin bool, opcode byte, payload string) string {
	first := opcode
	if fin {
		first |= 0x80
	}
	header := []byte{first}
	switch n := len(payload); {
	case n < 126:
		header = append(header, 0x80|byte(n))
	case n <= 0xffff:
		header = binary.BigEndian.AppendUint16(append(header, 0x80|126), uint16(n))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0x80|127), uint64(n))
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	masked := append(header, key[:]...)
	for i := range len(payload) {
		masked = append(masked, payload[i]^key[i%4])
	}
	return string(masked)
}

// delivery is what a peer gets, its message as the bytes that came.
type delivery struct {
	From, Type    string
	Message, Link json.RawMessage
}

// next reads one frame of the relay.
func (p *rawPeer) next() (opcode byte, payload []byte) {
	p.t.Helper()
	var header [2]byte
	_, err := io.ReadFull(p.read, header[:])
	require.NoError(p.t, err)
	require.Zero(p.t, header[1]&0x80, "a server does not mask")
	require.NotZero(p.t, header[0]&0x80, "the relay does not fragment")
	n := uint64(header[1])
	if n >= 126 {
		long := make([]byte, map[uint64]int{126: 2, 127: 8}[n])
		_, err = io.ReadFull(p.read, long)
		require.NoError(p.t, err)
		n = 0
		for _, b := range long {
			n = n<<8 | uint64(b)
		}
	}
	require.LessOrEqual(p.t, n, uint64(protocol.MaxDelivery))
	payload = make([]byte, n)
	_, err = io.ReadFull(p.read, payload)
	require.NoError(p.t, err)
	return header[0] & 0x0f, payload
}

// delivery reads the next message.
func (p *rawPeer) delivery() delivery {
	p.t.Helper()
	opcode, payload := p.next()
	for opcode == opPing {
		p.write(frame(true, opPong, string(payload)))
		opcode, payload = p.next()
	}
	if opcode == opClose {
		p.t.Fatalf("closed with %d %s", binary.BigEndian.Uint16(payload), payload[2:])
	}
	require.EqualValues(p.t, opText, opcode)
	var d delivery
	fields := json.NewDecoder(bytes.NewReader(payload))
	fields.DisallowUnknownFields() // the relay says these, and passes on no other (B34, B41)
	require.NoError(p.t, fields.Decode(&d), "%q", payload)
	return d
}

func (p *rawPeer) wants(from, typ, message string) {
	p.t.Helper()
	d := p.delivery()
	require.Equal(p.t, from+" "+typ+" "+message, d.From+" "+d.Type+" "+string(d.Message))
}

func (p *rawPeer) wantsJoined(who *rawPeer) {
	p.t.Helper()
	p.wants("0", "PEER_JOINED", `{"id":"`+who.id+`"}`)
}

func (p *rawPeer) wantsGone(who *rawPeer) {
	p.t.Helper()
	p.wants("0", "PEER_GONE", `{"id":"`+who.id+`"}`)
}

// wantsClose reads up to the close frame and gives its reason. After it, the
// relay ends the connection.
func (p *rawPeer) wantsClose(code protocol.Code) (reason string) {
	p.t.Helper()
	for {
		opcode, payload := p.next()
		if opcode != opClose {
			continue
		}
		if len(payload) == 0 {
			payload = []byte{1005 >> 8, 1005 & 0xff} // RFC 6455, section 7.4.1: no code was there
		}
		require.GreaterOrEqual(p.t, len(payload), 2)
		require.Equal(p.t, code, protocol.Code(binary.BigEndian.Uint16(payload)), "%s", payload[2:])
		p.wantsEnd()
		return string(payload[2:])
	}
}

// wantsEnd wants the connection to end without another byte.
func (p *rawPeer) wantsEnd() {
	p.t.Helper()
	_, err := p.read.ReadByte()
	require.Error(p.t, err)
	require.NotErrorIs(p.t, err, os.ErrDeadlineExceeded, "the relay keeps the connection open")
}

// bystanders are a server and a client in a room of their own, who must notice nothing.
type bystanders struct{ server, client *rawPeer }

func (r *relayProcess) bystanders() bystanders {
	r.t.Helper()
	server := r.raw("/server")
	client := r.raw("/client/" + server.id)
	server.wantsJoined(client)
	return bystanders{server, client}
}

// talk sends a message each way, and expects that nothing else came before.
func (b bystanders) talk() {
	b.server.t.Helper()
	for _, p := range []*rawPeer{b.server, b.client} {
		require.NoError(p.t, p.conn.SetDeadline(time.Now().Add(patience)))
	}
	b.client.text(`{"to":%q,"type":"say","message":1}`, b.server.id)
	b.server.wants(b.client.id, "say", "1")
	b.server.text(`{"to":%q,"type":"say","message":2}`, b.client.id)
	b.client.wants(b.server.id, "say", "2")
}
