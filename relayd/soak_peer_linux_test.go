package main_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// A caller makes connections to one relayd, each from the next of some addresses of
// loopback: what one address has closed keeps its port for a minute.
type caller struct {
	address string
	made    int
	from    byte // the last of the four bytes
}

// A guest is one connection, as bytes.
type guest struct {
	conn *net.TCPConn
	read *bufio.Reader
	id   string
	last string // its resume token
}

func (c *caller) dial() (*guest, error) {
	c.made++
	from := &net.TCPAddr{IP: net.IPv4(127, 0, byte(c.made%100), c.from)}
	dialer := net.Dialer{LocalAddr: from, Timeout: patience}
	conn, err := dialer.Dial("tcp", c.address)
	if err != nil {
		return nil, err
	}
	g := &guest{conn: conn.(*net.TCPConn), read: bufio.NewReaderSize(conn, 1<<10)}
	return g, conn.SetDeadline(time.Now().Add(patience))
}

// knock makes a handshake, and gives the status of its answer.
func (c *caller) knock(path, subprotocols string, headers ...string) (*guest, int, error) {
	g, err := c.dial()
	if err != nil {
		return nil, 0, err
	}
	lines := append([]string{"GET " + path + " HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, headers...)
	if subprotocols != "" {
		lines = append(lines, "Sec-WebSocket-Protocol: "+subprotocols)
	}
	if _, err := io.WriteString(g.conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return nil, 0, err
	}
	answer, err := http.ReadResponse(g.read, nil)
	if err != nil {
		return nil, 0, err
	}
	return g, answer.StatusCode, nil
}

// enter connects a peer and takes its HELLO.
func (c *caller) enter(path, subprotocols string) (*guest, error) {
	g, status, err := c.knock(path, subprotocols)
	if err == nil && status != http.StatusSwitchingProtocols {
		err = fmt.Errorf("the handshake is answered with HTTP status %d", status)
	}
	if err != nil {
		return nil, err
	}
	message, err := g.wants(protocol.TypeHello)
	if err != nil {
		return nil, err
	}
	var hello struct{ ID, Resume string }
	err = json.Unmarshal(message, &hello)
	g.id, g.last = hello.ID, hello.Resume
	return g, err
}

func (g *guest) frame() (opcode byte, payload []byte, err error) {
	var header [4]byte
	if _, err := io.ReadFull(g.read, header[:2]); err != nil {
		return 0, nil, err
	}
	n := int(header[1])
	if n == 126 {
		if _, err := io.ReadFull(g.read, header[2:]); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(header[2:]))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(g.read, payload)
	return header[0] & 0xf, payload, err
}

// wants reads until a message of the type comes.
func (g *guest) wants(kind string) (json.RawMessage, error) {
	for {
		opcode, payload, err := g.frame()
		if err == nil && opcode != 1 {
			err = fmt.Errorf("opcode %d, %q, before %s", opcode, payload, kind)
		}
		var d struct {
			Type    string
			Message json.RawMessage
		}
		if err == nil {
			err = json.Unmarshal(payload, &d)
		}
		if err != nil || d.Type == kind {
			return d.Message, err
		}
	}
}

// says sends one frame, masked with zeros.
func (g *guest) says(opcode byte, payload string) error {
	_, err := io.WriteString(g.conn, string([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0})+payload)
	return err
}

// closed reads to the end, which has to be a close with one of these codes.
func (g *guest) closed(codes ...protocol.Code) error {
	defer g.conn.Close()
	for {
		opcode, payload, err := g.frame()
		if err != nil {
			return err
		}
		if opcode == 8 {
			if got := protocol.Code(binary.BigEndian.Uint16(payload)); !slices.Contains(codes, got) {
				return fmt.Errorf("closed with %v, not with %v: %s", got, codes, payload[2:])
			}
			_, err := io.Copy(io.Discard, g.read)
			return err
		}
	}
}

func (g *guest) goodbye() error {
	if err := g.says(8, "\x03\xe8"); err != nil {
		return err
	}
	return g.closed(1000)
}

// cut resets the connection; hangUp ends it in TCP's own way, without a close frame.
func (g *guest) cut() error {
	_ = g.conn.SetLinger(0)
	return g.conn.Close()
}

func (g *guest) hangUp() error { return g.conn.Close() }

func (g *guest) breaksWebSocket() error {
	if _, err := io.WriteString(g.conn, "\x81\x00"); err != nil { // not masked
		return err
	}
	return g.closed(protocol.CodeProtocolError)
}

func (g *guest) breaksEnvelope() error {
	if err := g.says(1, "{}"); err != nil {
		return err
	}
	return g.closed(protocol.CodeMissingField)
}
