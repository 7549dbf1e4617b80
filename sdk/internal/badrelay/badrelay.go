// Package badrelay is a relay that misbehaves, for tests of what a peer then does.
package badrelay

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/protocol"
)

// ID is the ID that every peer gets.
const ID = "peer-1"

// Burst is how many messages the script "burst" sends.
const Burst = 200

// Crowd is how many clients come in the script "crowd", and Flood how many messages
// in "flood".
const (
	Crowd = 1<<10 + 5
	Flood = 1<<10 + 1
)

// scripts are what happens on a connection, by the first element of the URL's path.
var scripts = map[string]func(*conn){
	"echo": func(c *conn) {
		c.hello()
		for {
			if c.deliver("other", "echo", c.read()); c.err != nil {
				return
			}
		}
	},
	"presence": func(c *conn) {
		c.hello()
		c.deliver(protocol.RelayID, protocol.TypePeerJoined, []byte(`{"id":"ada"}`))
		c.deliver(protocol.RelayID, "RELAY_NEWS", []byte(`"of a later version"`))
		c.deliver("ada", "chat", []byte(`"hello"`))
		c.deliver(protocol.RelayID, protocol.TypePeerGone, []byte(`{"id":"ada"}`))
		c.linger()
	},
	"burst": func(c *conn) {
		c.hello()
		for i := range Burst {
			c.deliver("other", "count", strconv.AppendInt(nil, int64(i), 10))
		}
		c.close(protocol.CodeRestarting, "back in a minute")
	},
	"refuse":     func(c *conn) { c.close(protocol.CodeNoSuchServer, "there is no such server") },
	"silent":     func(c *conn) { c.linger() },
	"unanswered": func(c *conn) { c.linger() }, // nor is a handshake that offers nothing answered
	"chatty":     func(c *conn) { c.deliver("other", "chat", []byte(`1`)); c.linger() },
	"nonsense":   func(c *conn) { c.write(websocket.MessageText, []byte("220 mail.example ESMTP")); c.linger() },
	"binary":     func(c *conn) { c.hello(); c.write(websocket.MessageBinary, []byte(`{}`)); c.linger() },
	"broken":     func(c *conn) { c.hello(); c.write(websocket.MessageText, []byte(`{"from":"other"`)); c.linger() },
	"incomplete": func(c *conn) { c.hello(); c.deliver(protocol.RelayID, protocol.TypePeerGone, []byte(`{}`)); c.linger() },
	"largest":    func(c *conn) { c.hello(); c.pad(protocol.MaxDelivery); c.linger() },
	"too-large":  func(c *conn) { c.hello(); c.pad(protocol.MaxDelivery + 1); c.linger() },
	"cut":        func(c *conn) { c.hello(); c.deliver("other", "chat", []byte(`1`)); _ = c.ws.CloseNow() },
	"deaf":       func(c *conn) { c.hello(); <-c.ctx.Done() },
	"access": func(c *conn) { // a base peer is told with which secret it came
		c.hello()
		c.deliver("other", "secret", protocol.AppendString(nil, c.secret))
		c.linger()
	},
	"flood": func(c *conn) {
		c.hello()
		for range Flood {
			c.deliver("other", "chat", []byte(`"nobody receives this"`))
		}
		c.linger()
	},
	"crowd": func(c *conn) {
		c.hello()
		for i := range Crowd {
			c.deliver(protocol.RelayID, protocol.TypePeerJoined, protocol.AppendPeer(nil, protocol.ID("client-"+strconv.Itoa(i))))
		}
		for c.err == nil { // who is told what comes back as a message of the first client
			to, typ := c.readTo()
			c.deliver("client-0", "told", protocol.AppendString(nil, to+" "+typ))
		}
	},
}

// New returns a relay whose scripts end with ctx. /code says with which close code
// a peer closed last; any other path is a WebSocket, and begins with the name of a
// script.
func New(ctx context.Context) http.Handler {
	var code atomic.Int64
	var visits visits
	mux := http.NewServeMux()
	mux.HandleFunc("GET /code", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(strconv.AppendInt(nil, code.Load(), 10))
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		script, options := scripts[name], &websocket.AcceptOptions{InsecureSkipVerify: true} // any page may test
		if name == "access" {
			options.Subprotocols = []string{protocol.SubprotocolBase}
		}
		if scriptsV1[name] != nil {
			script, options.Subprotocols = scriptsV1[name], []string{protocol.SubprotocolV1}
		}
		if script == nil {
			http.Error(w, "no such script", http.StatusForbidden)
			return
		}
		visit := visits.next(r.URL.Path)
		if lost := handshakesLost[name]; visit <= lost {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		if name == "unanswered" && r.Header.Get("Sec-WebSocket-Protocol") == "" {
			<-r.Context().Done()
			return
		}
		ws, err := websocket.Accept(w, r, options)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		c := &conn{ctx: ctx, ws: ws, visit: visit, credential: offered(r, protocol.ResumePrefix), secret: offered(r, protocol.AccessPrefix)}
		ws.SetReadLimit(-1)
		script(c)
		if got := websocket.CloseStatus(c.err); got != -1 {
			code.Store(int64(got))
		}
		_ = ws.CloseNow()
	})
	return mux
}

// conn is one peer's connection; after the first error nothing more happens on it.
type conn struct {
	ctx context.Context
	ws  *websocket.Conn
	err error

	visit      int    // how many connections to this path there were, with this one
	credential string // ATTEMPT.TOKEN, or "" (R2)
	secret     string // in base64url, or "" (A2)
}

func (c *conn) hello() {
	c.deliver(protocol.RelayID, protocol.TypeHello, []byte(`{"id":"`+ID+`","serverInfo":{"name":"bad"}}`))
}

func (c *conn) deliver(from protocol.ID, typ string, message []byte) {
	c.write(websocket.MessageText, protocol.AppendDelivery(nil, from, []byte(typ), message))
}

// pad sends a message whose frame has size bytes.
func (c *conn) pad(size int) {
	empty := len(protocol.AppendDelivery(nil, "other", []byte("pad"), []byte(`""`)))
	c.deliver("other", "pad", []byte(`"`+strings.Repeat("x", size-empty)+`"`))
}

func (c *conn) write(kind websocket.MessageType, frame []byte) {
	if c.err == nil {
		c.err = c.ws.Write(c.ctx, kind, frame)
	}
}

// read returns the message of the next frame.
func (c *conn) read() []byte {
	return c.envelope().Message
}

func (c *conn) readTo() (to, typ string) {
	e := c.envelope()
	return string(e.To), string(e.Type)
}

func (c *conn) envelope() (e protocol.Envelope) {
	if c.err != nil {
		return e
	}
	var frame []byte
	if _, frame, c.err = c.ws.Read(c.ctx); c.err == nil {
		e, c.err = protocol.ParseEnvelopeV1(frame)
	}
	return e
}

// linger waits for the peer's close.
func (c *conn) linger() {
	for c.err == nil {
		c.read()
	}
}

func (c *conn) close(code protocol.Code, reason string) {
	if c.err == nil {
		c.err = c.ws.Close(websocket.StatusCode(code), reason)
	}
}
