package doctor

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/protocol"
)

// A peer is a WebSocket to the relay. One goroutine reads it, which answers pings.
type peer struct {
	conn     *websocket.Conn
	messages chan []byte   // what the relay sent; beyond its capacity messages are dropped
	ended    chan struct{} // closed after the last read
	err      error         // why it ended; set before ended is closed
}

// A handshake is a WebSocket handshake of a peer.
type handshake struct {
	path        string // /server or /client/ID
	secret      string
	subprotocol string
	origin      string // of a page; empty for a program
	host        string // instead of the URL's; may be empty
}

// dial does a handshake. The response is nil if there is no HTTP answer; its body holds at
// most a kilobyte.
func (v *visit) dial(ctx context.Context, h handshake) (*peer, *http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	protocols := []string{h.subprotocol}
	if h.secret != "" {
		protocols = append(protocols, protocol.AccessPrefix+base64.RawURLEncoding.EncodeToString([]byte(h.secret)))
	}
	header := make(http.Header)
	if h.origin != "" {
		header.Set("Origin", h.origin)
	}
	conn, response, err := websocket.Dial(ctx, v.target.String()+h.path, &websocket.DialOptions{
		HTTPClient: v.client(), HTTPHeader: header, Host: h.host, Subprotocols: protocols,
	})
	if err != nil {
		return nil, response, err
	}
	conn.SetReadLimit(protocol.MaxDelivery)
	p := &peer{conn: conn, messages: make(chan []byte, 64), ended: make(chan struct{})}
	go p.read()
	return p, response, nil
}

func (p *peer) read() {
	defer close(p.ended)
	for {
		kind, message, err := p.conn.Read(context.Background()) // until leave
		if err != nil {
			p.err = err
			return
		}
		if kind == websocket.MessageText {
			select {
			case p.messages <- message:
			default:
			}
		}
	}
}

// leaveWithin bounds the closing handshake.
const leaveWithin = time.Second

// leave closes the connection and waits for the end of its goroutine.
func (p *peer) leave() {
	late := time.AfterFunc(leaveWithin, func() { _ = p.conn.CloseNow() })
	_ = p.conn.Close(websocket.StatusNormalClosure, "")
	late.Stop()
	_ = p.conn.CloseNow()
	<-p.ended
}

// receive waits for a message of a type.
func (p *peer) receive(ctx context.Context, from protocol.ID, kind string) (protocol.Delivery, error) {
	for {
		message, err := p.next(ctx)
		if err != nil {
			return protocol.Delivery{}, err
		}
		d, err := protocol.ParseDeliveryV1(message)
		if err != nil {
			return d, err
		}
		if string(d.Type) == kind && protocol.ID(d.From) == from {
			return d, nil
		}
	}
}

// next returns the next message. What came before the end of the connection comes first.
func (p *peer) next(ctx context.Context) ([]byte, error) {
	select {
	case message := <-p.messages:
		return message, nil
	default:
	}
	select {
	case message := <-p.messages:
		return message, nil
	case <-p.ended:
		select {
		case message := <-p.messages:
			return message, nil
		default:
			return nil, p.err
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *peer) send(ctx context.Context, to protocol.ID, kind string, message []byte) error {
	return p.conn.Write(ctx, websocket.MessageText, protocol.AppendEnvelope(nil, to, kind, message))
}

// closed returns the code and the reason of the relay's close frame, or 1006 and what broke.
func closed(err error) (protocol.Code, string) {
	var frame websocket.CloseError
	switch {
	case errors.As(err, &frame):
		return protocol.Code(frame.Code), frame.Reason
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return 1006, "cut without a close frame"
	}
	return 1006, root(err).Error()
}

// since says after what time something happened, for a sentence.
func since(began time.Time) string {
	return fmt.Sprintf("%v", time.Since(began).Round(100*time.Millisecond))
}
