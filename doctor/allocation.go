package doctor

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// resend is the first of the times between two sends of a request over UDP. Each next
	// one is twice as long.
	resend = 250 * time.Millisecond

	maxPacket = 2048 // bytes; larger than any that is sent
)

// An allocation is one at a TURN server (RFC 8656). It has no goroutine: it reads when it waits
// for an answer or a packet. It sends and receives with indications, without channels.
type allocation struct {
	conn     net.Conn
	stream   bool // frames follow each other without bounds: TCP or TLS
	auth     []stun.Setter
	relayed  stun.XORMappedAddress
	username string
	password string
	packets  [][]byte // came while an answer was awaited
}

// A refusal is an error response of a TURN server.
type refusal struct {
	what string
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.what, r.code, r.text) }

// errNotTURN is an answer that is no STUN message.
type errNotTURN struct{ begin []byte }

func (e errNotTURN) Error() string { return "the answer is not TURN: " + quote(string(e.begin)) }

var requestedUDP = stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}

// allocate makes an allocation over a connection, which it closes if it fails.
func allocate(ctx context.Context, conn net.Conn, stream bool, username, password string) (*allocation, error) {
	a := &allocation{conn: conn, stream: stream, username: username, password: password}
	answer, err := a.request(ctx, stun.MethodAllocate, requestedUDP)
	if err == nil {
		err = a.relayed.GetFromAs(answer, stun.AttrXORRelayedAddress)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return a, nil
}

// address returns the relayed address, without its port.
func (a *allocation) address() netip.Addr {
	address, _ := netip.AddrFromSlice(a.relayed.IP)
	return address.Unmap()
}

// request sends a request with the credential, once the server has said its realm and nonce,
// and returns the answer. It renews the nonce once.
func (a *allocation) request(ctx context.Context, method stun.Method, attributes ...stun.Setter) (*stun.Message, error) {
	for try := 0; ; try++ {
		setters := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)
		setters = append(append(setters, a.auth...), stun.Fingerprint)
		message, err := stun.Build(setters...)
		if err != nil {
			return nil, err
		}
		answer, err := a.ask(ctx, message)
		if err != nil || answer.Type.Class == stun.ClassSuccessResponse {
			return answer, err
		}
		var code stun.ErrorCodeAttribute
		if err := code.GetFrom(answer); err != nil {
			return nil, err
		}
		unknown := code.Code == stun.CodeUnauthorized && a.auth == nil || code.Code == stun.CodeStaleNonce
		if !unknown || try == 2 || !a.learn(answer) {
			return nil, &refusal{method.String(), int(code.Code), clean(string(code.Reason))}
		}
	}
}

// learn takes the realm and the nonce of an answer.
func (a *allocation) learn(answer *stun.Message) bool {
	var realm stun.Realm
	var nonce stun.Nonce
	if realm.GetFrom(answer) != nil || nonce.GetFrom(answer) != nil {
		return false
	}
	a.auth = []stun.Setter{stun.NewUsername(a.username), realm, nonce, stun.NewLongTermIntegrity(a.username, realm.String(), a.password)}
	return true
}

// ask sends a message, over UDP repeatedly, until its answer comes.
func (a *allocation) ask(ctx context.Context, message *stun.Message) (*stun.Message, error) {
	deadline := time.Now().Add(answerWithin)
	if by, ok := ctx.Deadline(); ok && by.Before(deadline) {
		deadline = by
	}
	if err := a.conn.SetWriteDeadline(deadline); err != nil {
		return nil, err
	}
	for wait := resend; ; wait *= 2 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := a.conn.Write(message.Raw); err != nil {
			return nil, err
		}
		by := deadline
		if next := time.Now().Add(wait); !a.stream && next.Before(by) {
			by = next
		}
		for {
			answer, err := a.read(by)
			if isTimeout(err) && time.Now().Before(deadline) {
				break
			}
			if err != nil {
				return nil, err
			}
			if answer.TransactionID == message.TransactionID {
				return answer, nil
			}
			a.keep(answer)
		}
	}
}

// keep stores the packet of a data indication.
func (a *allocation) keep(m *stun.Message) {
	const most = 16
	if m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) || len(a.packets) == most {
		return
	}
	if data, err := m.Get(stun.AttrData); err == nil {
		a.packets = append(a.packets, data)
	}
}

// read returns the next STUN message.
func (a *allocation) read(by time.Time) (*stun.Message, error) {
	if err := a.conn.SetReadDeadline(by); err != nil {
		return nil, err
	}
	packet := make([]byte, maxPacket)
	n, err := a.readPacket(packet)
	if err != nil {
		return nil, err
	}
	message := &stun.Message{Raw: packet[:n]}
	if err := message.Decode(); err != nil {
		return nil, errNotTURN{packet[:min(n, 16)]}
	}
	return message, nil
}

// readPacket reads one message, which over a stream has its length at bytes 2 and 3.
func (a *allocation) readPacket(packet []byte) (int, error) {
	const header = 20
	if !a.stream {
		return a.conn.Read(packet)
	}
	if n, err := io.ReadFull(a.conn, packet[:header]); err != nil {
		if n > 0 && !stun.IsMessage(packet[:header]) && errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, errNotTURN{packet[:n]}
		}
		return 0, err
	}
	if !stun.IsMessage(packet[:header]) {
		return 0, errNotTURN{packet[:header]}
	}
	n := header + int(binary.BigEndian.Uint16(packet[2:4]))
	if n > len(packet) {
		return 0, errNotTURN{packet[:header]}
	}
	_, err := io.ReadFull(a.conn, packet[header:n])
	return n, err
}

// permit lets another allocation send to this one.
func (a *allocation) permit(ctx context.Context, other *allocation) error {
	_, err := a.request(ctx, stun.MethodCreatePermission, peerAddress(other.relayed))
	return err
}

// peerAddress adds XOR-PEER-ADDRESS.
type peerAddress stun.XORMappedAddress

func (p peerAddress) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress(p).AddToAs(m, stun.AttrXORPeerAddress)
}

// send sends a packet to another allocation.
func (a *allocation) send(other *allocation, packet []byte) error {
	message, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication),
		peerAddress(other.relayed), stun.RawAttribute{Type: stun.AttrData, Value: packet})
	if err != nil {
		return err
	}
	if err := a.conn.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	_, err = a.conn.Write(message.Raw)
	return err
}

// receive waits for a packet, until a time.
func (a *allocation) receive(packet []byte, by time.Time) error {
	for {
		for i, came := range a.packets {
			if bytes.Equal(came, packet) {
				a.packets = append(a.packets[:i], a.packets[i+1:]...)
				return nil
			}
		}
		a.packets = a.packets[:0] // of earlier tries
		message, err := a.read(by)
		if err != nil {
			return err
		}
		a.keep(message)
	}
}

// close ends the allocation, as far as the server hears it.
func (a *allocation) close() {
	refresh, err := stun.Build(append(append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest),
		stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)}}, a.auth...), stun.Fingerprint)...)
	if err == nil && a.conn.SetWriteDeadline(time.Now().Add(time.Second)) == nil {
		_, _ = a.conn.Write(refresh.Raw)
	}
	_ = a.conn.Close()
}
