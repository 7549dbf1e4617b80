package forward

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// The proof that both nodes hold cluster.key, without clocks:
//
//	edge: magic, version, nonce                       (greeting)
//	home: version, nonce, number, length, name, MAC   (reply)
//	edge: MAC, length, Handover
//	home: status, length, body                        (answer)
//
// Each MAC is over the sender's role, a value that TLS derives for this connection alone, the
// greeting, and the reply without its MAC. So none is of use on another connection, and the home
// proves itself before it sees a Handover, which may hold a resume token. Numbers are big-endian.
//
// A home that resumes a session has proved itself (see session). Then there is no reply, and the
// edge sends all at once.
const (
	magic     = "intercessor node"
	magicNext = "intercessor next" // there is no reply
	nonceSize = 32
	macSize   = sha256.Size

	bindingSize = 32

	greetingSize = len(magic) + 1 + nonceSize
	replySize    = 1 + nonceSize + 8 + 1 // up to the name
)

type role string

const (
	edgeRole role = "edge"
	homeRole role = "home"
)

// mac returns what one side sends as its proof.
func (n *Node) mac(of role, binding, greeting, reply []byte) []byte {
	m := hmac.New(sha256.New, n.key)
	m.Write([]byte(of))
	for _, part := range [][]byte{binding, greeting, reply} { // each of a size that it tells itself
		m.Write(part)
	}
	return m.Sum(nil)
}

// bind completes the TLS handshake, if there is TLS, and returns a value that no other connection
// has, and whether the handshake has resumed a session.
func bind(conn net.Conn) (binding []byte, resumed bool, err error) {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return make([]byte, bindingSize), false, nil
	}
	if err := secure.Handshake(); err != nil {
		return nil, false, err
	}
	state := secure.ConnectionState()
	binding, err = state.ExportKeyingMaterial("EXPORTER-intercessor-node", nil, bindingSize)
	return binding, state.DidResume, err
}

func appendGreeting(magic string) []byte {
	greeting := append([]byte(magic), version)
	return append(greeting, nonce()...)
}

func (n *Node) appendReply() []byte {
	reply := append([]byte{version}, nonce()...)
	reply = binary.BigEndian.AppendUint64(reply, n.config.Self.Number)
	reply = append(reply, byte(len(n.config.Self.Name)))
	return append(reply, n.config.Self.Name...)
}

func nonce() []byte {
	b := make([]byte, nonceSize)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return b
}

// checkVersion returns an error if the two nodes share no version.
func checkVersion(other byte) error {
	if min(other, version) < oldest {
		return fmt.Errorf("%w: %d and %d", ErrVersion, other, version)
	}
	return nil
}

var errStranger = errors.New("the other side is not a node")

// readReply reads a home's reply and verifies it.
func (n *Node) readReply(conn net.Conn, binding, greeting []byte) (reply []byte, from home.Instance, err error) {
	reply = make([]byte, replySize, replySize+maxName)
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, from, err
	}
	name := reply[replySize:][:reply[replySize-1]]
	proof := make([]byte, macSize)
	if _, err := io.ReadFull(conn, reply[replySize:][:len(name)]); err != nil {
		return nil, from, err
	}
	if _, err := io.ReadFull(conn, proof); err != nil {
		return nil, from, err
	}
	reply = reply[:replySize+len(name)]
	if !hmac.Equal(proof, n.mac(homeRole, binding, greeting, reply)) {
		return nil, from, ErrKey
	}
	from = home.Instance{Name: string(name), Number: binary.BigEndian.Uint64(reply[1+nonceSize:])}
	return reply, from, checkVersion(reply[0])
}

// introduce is the edge's part up to the answer: it proves itself, sends the Handover and returns which
// instance has proved itself. The session is nil without TLS.
func (n *Node) introduce(conn net.Conn, to Peer, s *session, handover []byte) (from home.Instance, err error) {
	binding, resumed, err := bind(conn)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded): // which says nothing about the session
		return from, err
	case s != nil && s.state != nil && (err != nil || !resumed):
		s.forget()
		return from, cmp.Or(err, errForgotten)
	case err != nil:
		return from, err
	}
	var greeting, reply, message []byte
	if resumed {
		from = to.Instance
		greeting = appendGreeting(magicNext)
		message = greeting
	} else {
		greeting = appendGreeting(magic)
		if _, err := conn.Write(greeting); err != nil {
			return from, err
		}
		if reply, from, err = n.readReply(conn, binding, greeting); err != nil {
			return from, err
		}
		if from != to.Instance {
			return from, fmt.Errorf("%w: %s, run %x", ErrOther, from.Name, from.Number)
		}
		if reply[0] >= 2 {
			s.keep()
		}
	}
	message = append(message, n.mac(edgeRole, binding, greeting, reply)...)
	message = binary.BigEndian.AppendUint32(message, uint32(len(handover)))
	_, err = conn.Write(append(message, handover...))
	return from, err
}

// hear reads the home's answer.
func hear(conn net.Conn) (body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, err
	}
	body, err = readSized(conn, head[1:], maxBody)
	if err == nil {
		err = errorOf(head[0])
	}
	return body, err
}

// greet is the home's part up to the Handover. It also returns the version of the edge.
func (n *Node) greet(conn net.Conn) (h *Handover, edge byte, err error) {
	binding, resumed, err := bind(conn)
	if err != nil {
		return nil, 0, err
	}
	greeting := make([]byte, greetingSize)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		return nil, 0, err
	}
	var reply []byte
	switch kind := string(greeting[:len(magic)]); {
	case kind == magic:
		reply = n.appendReply()
		if _, err := conn.Write(append(reply[:len(reply):len(reply)], n.mac(homeRole, binding, greeting, reply)...)); err != nil {
			return nil, 0, err
		}
	case kind != magicNext || !resumed: // without TLS the edge's proof would be that of a recording
		return nil, 0, errStranger
	}
	edge = greeting[len(magic)]
	if err := checkVersion(edge); err != nil {
		return nil, 0, err
	}
	var head [macSize + 4]byte
	if _, err := io.ReadFull(conn, head[:macSize]); err != nil {
		return nil, 0, fmt.Errorf("the other node ended the handshake: %w", err)
	}
	if !hmac.Equal(head[:macSize], n.mac(edgeRole, binding, greeting, reply)) {
		return nil, 0, ErrKey
	}
	if _, err := io.ReadFull(conn, head[macSize:]); err != nil {
		return nil, 0, err
	}
	encoded, err := readSized(conn, head[macSize:], maxHandover)
	if err != nil {
		return nil, 0, err
	}
	h, err = decode(encoded)
	return h, edge, err
}

// readSized reads as many bytes as size says. Memory grows with what comes.
func readSized(conn net.Conn, size []byte, most uint32) ([]byte, error) {
	announced := binary.BigEndian.Uint32(size)
	if announced > most {
		return nil, fmt.Errorf("the other node announces %d bytes, at most %d are allowed", announced, most)
	}
	if announced == 0 {
		return nil, nil
	}
	got, err := io.ReadAll(io.LimitReader(conn, int64(announced)))
	if err == nil && len(got) < int(announced) {
		err = io.ErrUnexpectedEOF
	}
	return got, err
}
