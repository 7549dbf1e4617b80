package relay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// comes connects a v1 client with an address from a proxy, and with a secret.
func (w *world) comes(address, secret string, server *v1) *peer {
	w.t.Helper()
	return w.knockWith("/client/"+server.id, 0, &websocket.DialOptions{
		Subprotocols: []string{protocol.SubprotocolV1},
		HTTPHeader:   http.Header{"X-Forwarded-For": {address}, "Authorization": {"Bearer " + secret}},
	})
}

// enters takes the HELLO of a peer that is let in.
func (p *peer) enters() *v1 {
	p.t.Helper()
	from, typ, message := p.receive()
	require.Equal(p.t, "0 HELLO", from+" "+typ)
	hello, err := protocol.ParseHello(message)
	require.NoError(p.t, err)
	p.id = string(hello.ID)
	return &v1{peer: p, hello: hello, path: "/client/" + string(hello.Room), attempt: 1}
}

// answers returns the relay's answer to a kick.
func (p *v1) answers(message string) (answer struct{ Error, Mark string }) {
	p.t.Helper()
	p.send(&peer{id: "0"}, protocol.TypeRelayKick, message)
	for {
		from, typ, body := p.receive()
		if from == "0" && typ == protocol.TypeRelayAnswer {
			require.NoError(p.t, json.Unmarshal(body, &answer))
			return answer
		}
	}
}

// TestD7AKickLasts: a kicked client stays out, and with it its source or its subject if the
// server says so, also in a new room and at a new relay after the server has repeated the kick
// (P7).
func TestD7AKickLasts(t *testing.T) {
	config := relay.Config{
		Proxies: trusting(t, edge.XForwardedFor), Tokens: resume.NewTokens(),
		Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
			return access.Grant{Subject: string(r.Secret)}, nil
		}},
	}
	for name, c := range map[string]struct {
		by, secret, address string
		barred, others      [][2]string // addresses and secrets
	}{
		"the identity": {"", "ann", "192.0.2.1", nil, [][2]string{{"192.0.2.1", "ann"}}},
		"its address": {"source", "ann", "192.0.2.1",
			[][2]string{{"192.0.2.1", "ann"}, {"192.0.2.1", "bob"}}, [][2]string{{"192.0.2.2", "ann"}}},
		"its /64": {"source", "ann", "2001:db8:0:1::1",
			[][2]string{{"2001:db8:0:1:ffff::2", "bob"}}, [][2]string{{"2001:db8:0:2::1", "ann"}}},
		"its subject": {"subject", "ann", "192.0.2.1",
			[][2]string{{"192.0.2.1", "ann"}, {"198.51.100.7", "ann"}}, [][2]string{{"192.0.2.1", "bob"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, config)
			server := w.v1Server()
			stranger := w.comes(c.address, "cyd", server).enters()
			client := w.comes(c.address, c.secret, server).enters()
			client.path = "/client/" + server.id
			by, repeated := "", ""
			if c.by != "" {
				by = fmt.Sprintf(`,"by":%q`, c.by)
			}
			answer := server.answers(fmt.Sprintf(`{"request":1,"id":%q,"for":3600%s}`, client.id, by))
			require.Empty(t, answer.Error)
			require.Equal(t, c.by != "", answer.Mark != "")
			if answer.Mark != "" {
				require.NotContains(t, answer.Mark, c.address)
				repeated = fmt.Sprintf(`%s,"mark":%q`, by, answer.Mark)
			}
			client.wantsClose(protocol.CodeKicked)

			stays := func(w *world) {
				w.refused(client).wantsClose(protocol.CodeKicked)
				for _, who := range c.barred {
					w.comes(who[0], who[1], server).wantsClose(protocol.CodeNoSuchServer)
				}
				for _, who := range c.others {
					w.comes(who[0], who[1], server).enters()
				}
			}
			stays(w)
			stranger.send(server.peer, "still", "1") // a connected client stays
			require.NoError(t, server.Close(1000, ""))
			w.eventually("the room is closed", func(s relay.Stats) bool { return s.Rooms == 0 })

			for _, w := range []*world{w, newWorld(t, config)} { // the same relay, and a new one
				server = w.again(server)
				require.Equal(t, answer.Mark, server.answers(fmt.Sprintf(`{"request":2,"id":%q,"for":3600%s}`, client.id, repeated)).Mark)
				stays(w)
				require.NoError(t, server.Close(1000, ""))
			}
		})
	}
}

// TestD7WhatIsNotKnownIsNotBarred: nothing is done then.
func TestD7WhatIsNotKnownIsNotBarred(t *testing.T) {
	_, server, client := v1Room(t, relay.Config{})
	for _, by := range []string{"source", "subject"} { // of this machine, and without an access token
		server.asks("RELAY_KICK", fmt.Sprintf(`{"request":1,"id":%q,"by":%q}`, client.id, by), `{"request":1,"error":"unmarked"}`)
	}
	client.send(server.peer, "here", "1")
	server.hears(client.id, "here", "1")
}

// TestD7ASpareIdentityIsBarred: a client that has left the room is kept out with its token too,
// if its source or its subject is. One that is there resumes.
func TestD7ASpareIdentityIsBarred(t *testing.T) {
	for by, neighbour := range map[string]string{"source": "bob", "subject": "ann"} {
		w := newWorld(t, relay.Config{
			Proxies: trusting(t, edge.XForwardedFor), Window: 200 * time.Millisecond,
			Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
				return access.Grant{Subject: string(r.Secret)}, nil
			}},
		})
		server := w.v1Server()
		resumes := func(secret string, p *v1) *peer {
			p.attempt++
			return w.knockWith("/client/"+server.id, 0, &websocket.DialOptions{
				Subprotocols: []string{protocol.SubprotocolV1, protocol.ResumePrefix + p.credential()},
				HTTPHeader:   http.Header{"X-Forwarded-For": {"192.0.2.1"}, "Authorization": {"Bearer " + secret}},
			})
		}
		spare := w.comes("192.0.2.1", "ann", server).enters()
		server.hearsOf("PEER_JOINED", spare.peer)
		spare.cut()
		server.hearsOf("PEER_AWAY", spare.peer)
		require.Equal(t, "timeout", server.hearsOf("PEER_GONE", spare.peer).Reason) // so the room has been open for a window
		present := w.comes("192.0.2.1", neighbour, server).enters()
		client := w.comes("192.0.2.1", "ann", server).enters()
		require.Empty(t, server.answers(fmt.Sprintf(`{"request":1,"id":%q,"by":%q}`, client.id, by)).Error)
		client.wantsClose(protocol.CodeKicked)

		resumes("ann", spare).wantsClose(protocol.CodeKicked)
		resumes(neighbour, present).enters()
	}
}
