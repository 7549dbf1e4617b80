package relay_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// v1 is a peer that speaks intercessor.v1.
type v1 struct {
	*peer
	hello   protocol.Hello
	path    string
	attempt uint64

	strange int // unknown fields in HELLO and unknown messages
}

func (w *world) v1Server() *v1         { w.t.Helper(); return w.joinV1("/server", "", 0) }
func (w *world) v1Client(to *peer) *v1 { w.t.Helper(); return w.joinV1("/client/"+to.id, "", 0) }
func (w *world) again(p *v1) *v1 {
	w.t.Helper()
	p.attempt++
	return w.joinV1(p.path, p.credential(), 0)
}
func (w *world) refused(p *v1) *peer {
	w.t.Helper()
	p.attempt++
	return w.knockV1(p.path, p.credential(), 0)
}
func (p *v1) credential() string { return fmt.Sprintf("%d.%s", p.attempt, p.hello.Resume) }

// knockV1 connects without expecting anything. A credential goes into the
// subprotocol or into Authorization: it is all the same (R2).
func (w *world) knockV1(path, credential string, receiveBuffer int) *peer {
	w.t.Helper()
	offers, header := []string{"x.unknown", protocol.SubprotocolV1}, http.Header{}
	switch {
	case credential == "":
	case rand.IntN(2) == 0:
		offers = append([]string{protocol.ResumePrefix + credential}, offers...)
	default:
		header.Set("Authorization", "Bearer "+credential)
	}
	p := w.knockWith(path, receiveBuffer, &websocket.DialOptions{Subprotocols: offers, HTTPHeader: header})
	require.Equal(w.t, protocol.SubprotocolV1, p.Subprotocol(), "the secret is never selected (R1)")
	return p
}

// joinV1 connects a peer and takes its HELLO.
func (w *world) joinV1(path, credential string, receiveBuffer int) *v1 {
	w.t.Helper()
	p := &v1{peer: w.knockV1(path, credential, receiveBuffer), path: path, attempt: 1}
	from, typ, message := p.receive()
	require.Equal(w.t, "0 HELLO", from+" "+typ, "HELLO comes first (B7)")
	var err error
	p.hello, err = protocol.ParseHello(message)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, p.hello.Resume)
	p.id = string(p.hello.ID)
	if strings.HasPrefix(path, "/server") {
		p.path = "/server"
	}
	if _, rest, _ := strings.Cut(credential, "."); rest != "" {
		_, _ = fmt.Sscanf(credential, "%d.", &p.attempt)
	}
	if strings.Contains(string(message), `"X`) {
		p.strange++
	}
	return p
}

// next receives one message. It skips unknown ones, and heartbeats, which a relay may send at any
// time (D1).
func (p *v1) next() (from, typ string, message []byte) {
	p.t.Helper()
	for {
		from, typ, message = p.receive()
		switch {
		case from == "0" && strings.HasPrefix(typ, "RELAY_X"):
			p.strange++
		case from != "0" || typ != protocol.TypeRelayBeat:
			return from, typ, message
		}
	}
}

// hears receives one message and compares it: its type, its sender, and its body.
func (p *v1) hears(from, typ, message string) {
	p.t.Helper()
	gotFrom, gotType, gotMessage := p.next()
	require.Equal(p.t, from+" "+typ+" "+message, gotFrom+" "+gotType+" "+string(gotMessage))
}

// hearsOf receives one presence message.
func (p *v1) hearsOf(typ string, who *peer) protocol.Presence {
	p.t.Helper()
	from, got, message := p.next()
	require.Equal(p.t, "0 "+typ, from+" "+got, "%s", message)
	about, err := protocol.ParsePresence(message)
	require.NoError(p.t, err)
	require.Equal(p.t, who.id, string(about.ID))
	return about
}

// hearsNothingBefore shows that nothing but the answer to a request is waiting.
func (p *v1) hearsNothingMore() {
	p.t.Helper()
	p.asks("RELAY_NOTHING", `{"request":77}`, `{"request":77,"error":"unknown"}`)
}

// asks makes a request of the relay (D7).
func (p *v1) asks(typ, message, answer string) {
	p.t.Helper()
	p.send(&peer{id: "0"}, typ, message)
	p.hears("0", "RELAY_ANSWER", answer)
}

// cut ends the connection without a word.
func (p *v1) cut() { _ = p.CloseNow() }

// raw sends a text as it is.
func (p *peer) raw(text string) {
	p.t.Helper()
	require.NoError(p.t, p.Write(p.ctx, websocket.MessageText, []byte(text)))
}

// v1Room is a server and a client, both of v1, that have met.
func v1Room(t testing.TB, config relay.Config) (w *world, server, client *v1) {
	t.Helper()
	w = newWorld(t, config)
	server = w.v1Server()
	client = w.v1Client(server.peer)
	server.hearsOf("PEER_JOINED", client.peer)
	return w, server, client
}

func object(t testing.TB, raw []byte) (fields map[string]json.RawMessage) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, &fields))
	return fields
}

// until receives messages until one of the type comes.
func (p *v1) until(typ string) {
	p.t.Helper()
	for {
		if _, got, _ := p.receive(); got == typ {
			return
		}
	}
}

// begin sends the beginning of a message, and not its end.
func (p *v1) begin() error {
	w, err := p.Writer(p.ctx, websocket.MessageText)
	if err == nil {
		_, err = w.Write(make([]byte, 8<<10))
	}
	return err
}
