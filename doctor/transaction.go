package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pion/stun/v4"
)

const (
	// resend is the first of the times between two sends of a request over UDP. Each next
	// one is twice as long.
	resend = 250 * time.Millisecond

	maxPacket = 2048 // bytes; larger than any that is sent
)

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
