package signaling

import (
	"context"
	"errors"
	"strconv"
	"syscall/js"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/queue"
)

const (
	// maxInbox bounds what has arrived and was not read, in bytes: a browser does
	// not let a page hold back a WebSocket.
	maxInbox = 4 << 20

	// maxBuffered is how much may wait in the browser before write waits too. The
	// browser tells no event when it has sent, so write looks again after drainAfter.
	maxBuffered = 1 << 20
	drainAfter  = 20 * time.Millisecond
)

// socket is the browser's WebSocket. Its callbacks never wait: they fill the inbox
// and close the channels below.
type socket struct {
	ws     js.Value
	events map[string]js.Func // owned by the browser until the close event

	inbox  *queue.Queue[[]byte] // ends with the *RelayError of the close event
	opened chan struct{}
	closed chan struct{}
	over   bool // owned by the callbacks: the close event was seen
}

// openSocket opens a WebSocket. Browsers fail a handshake in which the relay selects no
// subprotocol, and do not say so: it looks like one that was cut. A peer that has nothing
// to resume tries again, then without any, as an older relay wants it, and then once more:
// a relay that answers may have lost a handshake before, and the base protocol does not
// promise delivery.
func openSocket(ctx context.Context, url string, protocols []string, o Options) (*socket, error) {
	s, err := open(ctx, url, protocols, o.WebSocket)
	if err == nil || len(protocols) != 1 || ctx.Err() != nil {
		return s, err
	}
	if again, err := open(ctx, url, protocols, o.WebSocket); err == nil {
		return again, nil
	}
	base, baseErr := open(ctx, url, nil, o.WebSocket)
	switch {
	case baseErr != nil && ctx.Err() != nil:
		return nil, baseErr // which says so
	case baseErr != nil:
		return nil, err
	}
	if again, err := open(ctx, url, protocols, o.WebSocket); err == nil {
		base.close(ctx, 1000, "")
		return again, nil
	}
	return base, nil
}

func open(ctx context.Context, url string, protocols []string, class js.Value) (*socket, error) {
	list := js.Global().Get("Array").New()
	for _, name := range protocols {
		list.Call("push", name)
	}
	ws, err := construct(class, url, list)
	if err != nil {
		return nil, &DialError{Err: err, host: hostOf(url)}
	}
	s := &socket{
		ws:     ws,
		inbox:  queue.New[[]byte](maxInbox/64, maxInbox),
		opened: make(chan struct{}),
		closed: make(chan struct{}),
	}
	s.events = map[string]js.Func{
		"open":    js.FuncOf(s.onOpen),
		"message": js.FuncOf(s.onMessage),
		"close":   js.FuncOf(s.onClose),
		"error":   js.FuncOf(s.onError),
	}
	for name, f := range s.events {
		ws.Set("on"+name, f)
	}
	select {
	case <-s.opened:
		return s, nil
	case <-s.closed:
		return nil, &DialError{host: hostOf(url)}
	case <-ctx.Done():
		s.drop()
		return nil, &DialError{Err: ctx.Err(), host: hostOf(url)}
	}
}

// construct is `new class(url, protocols)` with the exception as an error.
func construct(class js.Value, url string, protocols js.Value) (v js.Value, err error) {
	defer func() {
		if e, ok := recover().(js.Error); ok {
			err = errors.New(e.Value.Get("message").String())
		}
	}()
	if class.IsUndefined() {
		class = js.Global().Get("WebSocket")
	}
	if class.IsUndefined() {
		return v, errors.New("this JavaScript environment has no WebSocket")
	}
	return class.New(url, protocols), nil
}

func (s *socket) onOpen(js.Value, []js.Value) any {
	close(s.opened)
	return nil
}

func (s *socket) onMessage(_ js.Value, args []js.Value) any {
	data := args[0].Get("data")
	if data.Type() != js.TypeString {
		s.fail(protocol.CodeMalformed, &ProtocolError{Err: errBinary})
		return nil
	}
	frame := []byte(data.String())
	if len(frame) > protocol.MaxDelivery {
		s.fail(protocol.CodeMalformed, &ProtocolError{Err: errTooBig})
		return nil
	}
	if s.inbox.Offer(frame, len(frame)) == queue.ErrFull {
		s.fail(protocol.CodeTooSlow, errUnread)
	}
	return nil
}

var errUnread = errors.New("the session ended because more than " + strconv.Itoa(maxInbox>>20) + " MiB came that the program did not receive")

// onError is the last event of a socket that the page's security policy does not
// let connect: no close event follows. Otherwise one does, and says the same.
func (s *socket) onError(js.Value, []js.Value) any {
	if s.ws.Get("readyState").Int() == 3 { // CLOSED
		s.inbox.Close(&RelayError{Code: CodeBroken, Reason: "the network failed, or the page's policy forbids the connection"})
		s.release()
	}
	return nil
}

// onClose is the socket's last event.
func (s *socket) onClose(_ js.Value, args []js.Value) any {
	end := &RelayError{Code: protocol.Code(args[0].Get("code").Int()), Reason: args[0].Get("reason").String()}
	if end.Code == 1005 { // closed without a code
		end.Code = CodeBroken
	}
	if end.Code == CodeBroken && end.Reason == "" {
		end.Reason = "the network failed, or the relay went away without closing it"
	}
	s.inbox.Close(end)
	s.release()
	return nil
}

// fail ends the socket from this side. What came before can still be read.
func (s *socket) fail(code protocol.Code, err error) {
	s.inbox.Close(err)
	s.ws.Call("close", int(code))
}

// release gives the callbacks back to the browser.
func (s *socket) release() {
	if s.over {
		return
	}
	s.over = true
	for name, f := range s.events {
		s.ws.Set("on"+name, js.Null())
		f.Release()
	}
	close(s.closed)
}

// protocol returns the subprotocol that the relay has selected.
func (s *socket) protocol() string { return s.ws.Get("protocol").String() }

func (s *socket) read(ctx context.Context) ([]byte, error) { return s.inbox.Get(ctx) }

// write hands one message to the browser. It waits while too much is there.
func (s *socket) write(ctx context.Context, frame []byte, _ bool) error {
	if err := s.drain(ctx); err != nil {
		return err
	}
	if !s.isOpen() { // send would drop the message in silence
		return &RelayError{Code: CodeBroken, Reason: "it is closed"}
	}
	s.ws.Call("send", string(frame))
	return nil
}

// drain waits until the browser has sent most of what it was given.
func (s *socket) drain(ctx context.Context) error {
	for begin := time.Now(); s.isOpen() && s.ws.Get("bufferedAmount").Int() > maxBuffered; {
		if time.Since(begin) > writeWithin {
			stalled := &RelayError{Code: CodeBroken, Reason: "nothing could be written for " + writeWithin.String()}
			s.fail(protocol.CodeTooSlow, stalled)
			return stalled
		}
		if !sleep(ctx, drainAfter, s.closed) {
			return ctx.Err()
		}
	}
	return nil
}

func (s *socket) isOpen() bool { return s.ws.Get("readyState").Int() == 1 }

// codeGivenUp says to the relay that the peer is going to resume (R9).
const codeGivenUp = 3000

// drop gives the socket up. The browser may close it a minute later (D1): nothing of it
// is looked at any more.
func (s *socket) drop() {
	s.inbox.Close(&RelayError{Code: CodeBroken, Reason: "it was given up"})
	s.inbox.Drain()
	s.release()
	s.ws.Call("close", codeGivenUp)
}

// close does the closing handshake, which the browser finishes when ctx allows too little
// time. JavaScript allows code 1000 and 3000 to 4999.
func (s *socket) close(ctx context.Context, code protocol.Code, reason string) {
	s.ws.Call("close", int(code), reason)
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	select {
	case <-s.closed:
	case <-ctx.Done():
		s.release()
	}
	s.inbox.Close(ErrClosed)
	s.inbox.Drain()
}
