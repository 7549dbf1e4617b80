package badrelay

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/protocol"
)

// scriptsV1 are scripts of a relay that speaks intercessor.v1. A path that has an element
// of its own between the script's name and the rest has its own count of visits.
var scriptsV1 = map[string]func(*conn){
	"v1-echo": scriptEcho,

	"v1-unopened":       scriptEcho,
	"v1-unopened-twice": scriptEcho,

	"v1-loaded": func(c *conn) {
		if c.visit == 1 {
			c.close(protocol.CodeOverloaded, "try again later")
			return
		}
		c.linger()
	},
	"v1-once": func(c *conn) { // lost once, and then as v1-echo
		if c.visit == 1 {
			c.helloV1()
			_ = c.ws.CloseNow()
			return
		}
		scriptEcho(c)
	},

	// Each visit ends in its own way, and the next one is told with which credential the
	// peer came.
	"v1-resume": func(c *conn) {
		c.helloV1()
		c.relay("RELAY_NEWS", `"of a later version"`)
		c.deliver("other", "credential", protocol.AppendString(nil, c.credential))
		switch c.visit {
		case 1:
			_ = c.ws.CloseNow()
		case 2:
			c.relay(protocol.TypeRelayToken, `{"resume":"renewed"}`)
			c.close(1012, "back soon")
		case 3:
			c.relay(protocol.TypeRelayRestarting, `{"reconnectIn":50,"tryFor":1000}`)
		}
		c.linger()
	},

	// Each visit is told with which secret the peer came. The third is the last.
	"v1-access": func(c *conn) {
		if c.visit == 3 {
			c.close(protocol.CodeAccessRefused, "not with this secret")
			return
		}
		c.helloV1()
		c.deliver("other", "secret", protocol.AppendString(nil, c.secret))
		_ = c.ws.CloseNow()
	},
	"v1-no-access": func(c *conn) { c.close(protocol.CodeAccessRefused, "not with this secret") },

	"v1-replaced": func(c *conn) { c.helloV1(); c.close(protocol.CodeReplaced, "a newer connection came") },
	"v1-taken": func(c *conn) { // an attempt of a higher order always came before
		if c.credential != "" {
			c.close(protocol.CodeReplaced, "a newer connection came")
			return
		}
		c.helloV1()
		_ = c.ws.CloseNow()
	},
	"v1-taken-once": func(c *conn) { // the first handshake with a credential came twice, and this is the second
		if c.credential != "" && (c.visit == 1 || c.visit == 2 && strings.HasSuffix(c.credential, ".token-1")) {
			c.close(protocol.CodeReplaced, "a newer connection came")
			return
		}
		c.helloV1()
		if c.visit == 1 {
			_ = c.ws.CloseNow()
		}
		c.linger()
	},
	// For the relay the peer is idle, or its server is gone, on the first visit.
	"v1-idle": func(c *conn) {
		c.helloV1()
		if c.visit == 1 {
			c.close(protocol.CodeIdle, "nothing came")
		}
		c.linger()
	},
	"v1-server-gone": func(c *conn) {
		c.helloV1()
		if c.visit == 1 {
			c.relay(protocol.TypePeerGone, `{"id":"other","order":[0,0,1],"reason":"relay"}`)
			c.close(protocol.CodeServerGone, "the server has left")
		}
		c.linger()
	},
	// The client comes to relays with an older view of its server: once, or ever again.
	"v1-older": func(c *conn) {
		order := protocol.Order{Attempt: 5}
		if c.visit == 2 {
			order.Attempt--
		}
		c.helloOf(order)
		if c.visit == 1 {
			_ = c.ws.CloseNow()
		}
		c.linger()
	},
	"v1-older-ever": func(c *conn) {
		order := protocol.Order{Attempt: 5}
		if c.visit > 1 {
			order.Attempt--
		}
		c.helloOf(order)
		if c.visit == 1 {
			_ = c.ws.CloseNow()
		}
		c.linger()
	},
	"v1-kicked": func(c *conn) { c.helloV1(); c.close(protocol.CodeKicked, "the server said so") },
	"v1-refused": func(c *conn) {
		if c.credential != "" {
			c.close(protocol.CodeTokenRefused, "the token has expired")
			return
		}
		c.helloV1()
		_ = c.ws.CloseNow()
	},
	"v1-forgetful": func(c *conn) { // takes a peer with a token for a new one
		c.credential = ""
		c.helloV1()
		_ = c.ws.CloseNow()
	},
	"v1-no-token": func(c *conn) { c.hello(); c.linger() },
	"v1-busy": func(c *conn) {
		if c.visit == 1 {
			c.close(protocol.CodeOverloaded, "too many at once (1 s)")
		}
		c.helloV1()
		c.linger()
	},
	"v1-silent": func(c *conn) { c.helloV1(); c.linger() },
	"v1-beat": func(c *conn) {
		c.helloV1()
		for c.err == nil {
			select {
			case <-time.After(protocol.BeatAfter * time.Second):
				c.relay(protocol.TypeRelayBeat, `{}`)
			case <-c.ctx.Done():
				return
			}
		}
	},

	// A room in which ada speaks v1 and bob does not. On the second visit ada and bob are
	// away and eve has come.
	"v1-room": func(c *conn) {
		c.helloV1()
		switch c.visit {
		case 1:
			c.relay(protocol.TypePeerJoined, `{"id":"ada","order":[0,0,7],"protocol":"intercessor.v1"}`)
			c.relay(protocol.TypePeerJoined, `{"id":"bob","order":[0,0,8],"protocol":""}`)
			c.relay(protocol.TypePeerJoined, `{"id":"cy","order":[0,0,9],"protocol":"intercessor.v1"}`)
			c.relay(protocol.TypePeerGone, `{"id":"cy","order":[0,0,8],"reason":"left"}`) // of an older connection
			c.deliver("cy", "chat", []byte(`"I am here"`))
			_ = c.ws.CloseNow()
		default:
			c.relay(protocol.TypePeerJoined, `{"id":"eve","order":[0,0,10],"protocol":"intercessor.v1"}`)
			c.relay(protocol.TypePeerBack, `{"id":"cy","order":[0,0,9],"protocol":"intercessor.v1"}`)
			c.relay(protocol.TypeRelayPresent, `{}`)
			c.deliver("nobody", "chat", []byte(`"of somebody who never came"`))
			c.relay(protocol.TypeRelayUndelivered, `{"to":"ada","reason":"absent"}`)
			c.relay(protocol.TypePeerGone, `{"id":"ada","order":[0,0,7],"reason":"kicked"}`)
			c.linger()
		}
	},

	// ICE servers of which one is none, by the number of the visit; "renew" brings one
	// more visit's, and "cut" the next visit.
	"v1-ice": func(c *conn) {
		ice := func(n int) protocol.ICE {
			number := strconv.Itoa(n)
			return protocol.ICE{Servers: []byte(`[{"urls":["stun:stun.example"]},{"urls":["masque:x"]},{"urls":"stun:a"},null,` +
				`{"urls":["turn:turn.example"],"username":"u` + number + `","credential":"c` + number + `"}]`), ExpiresIn: 600 * n}
		}
		hello := c.visitor()
		hello.ICE = ice(c.visit)
		c.relay(protocol.TypeHello, string(protocol.AppendHello(nil, hello)))
		for c.err == nil {
			switch e := c.envelope(); string(e.Type) {
			case "renew":
				c.relay(protocol.TypeRelayICE, string(protocol.AppendICE(nil, ice(c.visit+1))))
				c.deliver("other", "renewed", []byte("null"))
			case "cut":
				_ = c.ws.CloseNow()
			}
		}
	},

	// What a server asks for comes back as messages of ada. A kick of "again" is answered by
	// cutting the connection, once; a door is always refused.
	"v1-wishes": func(c *conn) {
		c.helloV1()
		c.relay(protocol.TypePeerJoined, `{"id":"ada","order":[0,0,`+strconv.Itoa(c.visit)+`],"protocol":"intercessor.v1"}`)
		for c.err == nil {
			e := c.envelope()
			r, wrong := protocol.ParseRequest(string(e.Type), e.Message)
			if r.ID == "again" && c.visit == 1 {
				_ = c.ws.CloseNow()
				return
			}
			if r.Closed {
				wrong = "denied"
			}
			c.deliver("ada", "asked", protocol.AppendString(nil, string(e.Type)+" "+string(r.ID)+string(r.ServerInfo)+r.By+r.Mark))
			a := protocol.Answer{Number: r.Number, Error: wrong}
			if r.By != "" {
				a.Mark = "-mark"
			}
			c.relay(protocol.TypeRelayAnswer, string(protocol.AppendAnswer(nil, a)))
		}
	},
}

func scriptEcho(c *conn) {
	c.helloV1()
	for c.err == nil {
		e := c.envelope()
		c.write(websocket.MessageText, protocol.AppendDeliveryV1(nil, "other", e.Type, e.Message, e.Link))
	}
}

// helloV1 says HELLO, with another token on each visit.
func (c *conn) helloV1() { c.helloOf(protocol.Order{}) }

// helloOf is helloV1 with the order of the client's server.
func (c *conn) helloOf(server protocol.Order) {
	h := c.visitor()
	h.ServerOrder = server
	c.relay(protocol.TypeHello, string(protocol.AppendHello(nil, h)))
}

func (c *conn) visitor() protocol.Hello {
	return protocol.Hello{
		ID:          ID,
		Resume:      "token-" + strconv.Itoa(c.visit),
		Window:      protocol.Window,
		Resumed:     c.credential != "",
		Server:      protocol.SubprotocolV1,
		ServerKnown: true,
		Limits:      protocol.Limits{Message: protocol.MaxMessage, Delivery: protocol.MaxDelivery, Outbox: 256 << 10},
	}
}

func (c *conn) relay(typ, message string) { c.deliver(protocol.RelayID, typ, []byte(message)) }

// credential returns what a peer presents in order to resume.
func offered(r *http.Request, prefix string) string {
	for _, entry := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(entry), prefix); ok {
			return text
		}
	}
	return ""
}

// handshakesLost says how many of the first handshakes of a script are cut before their
// answer.
var handshakesLost = map[string]int{"v1-unopened": 1, "v1-unopened-twice": 2}

// visits counts connections by their paths.
type visits struct {
	mu    sync.Mutex
	count map[string]int
}

func (v *visits) next(path string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.count == nil {
		v.count = make(map[string]int)
	}
	v.count[path]++
	return v.count[path]
}
