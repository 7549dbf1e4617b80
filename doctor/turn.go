package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"syscall"
	"time"
)

// A loop is two allocations of one peer that may send to each other.
type loop struct{ a, b *allocation }

func (l *loop) close() {
	l.a.close()
	l.b.close()
}

// circle makes two allocations at a TURN server and sends a packet from one to the other and
// back.
func (v *visit) circle(ctx context.Context, e endpoint) Result {
	first, err := v.allocate(ctx, e)
	if err != nil {
		return v.noTURN(e, err)
	}
	second, err := v.allocate(ctx, e)
	if err != nil {
		first.close()
		return v.noTURN(e, err)
	}
	l := &loop{first, second}
	v.relayed = append(v.relayed, first.address(), second.address())
	v.labels = append(v.labels, e.transport+" "+first.address().String(), e.transport+" "+second.address().String())
	err = errors.Join(first.permit(ctx, second), second.permit(ctx, first))
	var took time.Duration
	if err == nil {
		began := time.Now()
		err = l.pass(64)
		took = time.Since(began)
	}
	if err != nil {
		l.close()
		return v.noLoop(e, err)
	}
	if e.transport == "udp" && v.loop == nil {
		v.loop = l
	} else {
		l.close()
	}
	return Passed("%s relays there and back in %v, as %s", e.address(), took.Round(100*time.Microsecond), first.address())
}

// allocate connects to a TURN server and makes an allocation.
func (v *visit) allocate(ctx context.Context, e endpoint) (*allocation, error) {
	address, err := v.addressOf(ctx, e)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var conn net.Conn
	switch e.transport {
	case "tls":
		conn, err = dialTLS(ctx, address.String(), v.tlsConfig(e.host))
		if err != nil {
			return nil, &tlsError{err}
		}
	default:
		conn, err = dial(ctx, e.transport, address.String())
	}
	if err != nil {
		return nil, &dialError{err}
	}
	return allocate(ctx, conn, e.transport != "udp", e.username, e.credential)
}

// A dialError is the failure of a connection to a TURN server.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// A tlsError is the failure of its TLS handshake, or of the connection below.
type tlsError struct{ error }

func (e *tlsError) Unwrap() error { return e.error }

// The tries of one packet over UDP, which may lose some.
const (
	tries    = 5
	tryAgain = 300 * time.Millisecond
)

// pass sends a packet of a length from one allocation to the other and back.
func (l *loop) pass(length int) error {
	packet := make([]byte, length)
	_, _ = rand.Read(packet) // never fails: see crypto/rand
	if err := relay(l.a, l.b, packet); err != nil {
		return err
	}
	return relay(l.b, l.a, packet)
}

func relay(from, to *allocation, packet []byte) (err error) {
	for range tries {
		err = from.send(to, packet)
		if err == nil {
			err = to.receive(packet, time.Now().Add(tryAgain))
		}
		if err == nil || !isTimeout(err) && !errors.Is(err, syscall.EMSGSIZE) {
			return err
		}
	}
	return err
}
