package wire_test

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// provocations are the ways to each close code, by the names that codes.json
// gives them. Each gets a server and a client of it in a room, and gives the
// peer that is to be closed.
var provocations = map[string]func(t *testing.T, relay *relayproc.Relay, server, client *rawpeer.Peer) *rawpeer.Peer{
	"unmasked-frame":    sends("\x81\x02{}"),
	"binary-message":    sends(rawpeer.Frame(true, rawpeer.OpBinary, "{}")),
	"broken-utf8":       sends(rawpeer.Frame(true, rawpeer.OpText, "{\"\xff\":1}")),
	"message-too-big":   sends(rawpeer.Frame(true, rawpeer.OpText, strings.Repeat(" ", protocol.MaxMessage+1))),
	"not-an-object":     sends(rawpeer.Frame(true, rawpeer.OpText, `["to","type","message"]`)),
	"field-twice":       sends(rawpeer.Frame(true, rawpeer.OpText, `{"to":"a","to":"a","type":"b","message":1}`)),
	"field-missing":     sends(rawpeer.Frame(true, rawpeer.OpText, `{"to":"a","type":"b"}`)),
	"field-invalid":     sends(rawpeer.Frame(true, rawpeer.OpText, `{"to":"a","type":7,"message":1}`)),
	"type-of-the-relay": sends(rawpeer.Frame(true, rawpeer.OpText, `{"to":"a","type":"PEER_GONE","message":1}`)),
	"from-another":      sends(rawpeer.Frame(true, rawpeer.OpText, `{"to":"a","from":"0","type":"b","message":1}`)),
	"ping-flood":        sends(strings.Repeat(rawpeer.Frame(true, rawpeer.OpPing, ""), 3*protocol.MaxControlRate)),

	"not-allowed": func(_ *testing.T, _ *relayproc.Relay, server, client *rawpeer.Peer) *rawpeer.Peer {
		client.Text(`{"to":%q,"type":"OFFER","message":null}`, server.ID)
		return client
	},
	"relay-stops": func(_ *testing.T, relay *relayproc.Relay, _, client *rawpeer.Peer) *rawpeer.Peer {
		relay.Signal(syscall.SIGTERM)
		return client
	},
	"unknown-server": func(t *testing.T, relay *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		return rawpeer.Knock(t, relay.Addr, "/client/nobody")
	},
	"server-leaves": func(t *testing.T, _ *relayproc.Relay, server, client *rawpeer.Peer) *rawpeer.Peer {
		require.NoError(t, server.Conn.Close())
		client.ExpectGone(server)
		return client
	},
	"ping-unanswered": func(t *testing.T, _ *relayproc.Relay, server, client *rawpeer.Peer) *rawpeer.Peer {
		opcode, payload := server.Next()
		require.EqualValues(t, rawpeer.OpPing, opcode)
		server.Write(rawpeer.Frame(true, rawpeer.OpPong, string(payload))) // or its room would end
		opcode, _ = client.Next()
		require.EqualValues(t, rawpeer.OpPing, opcode)
		return client
	},
	// Fragments of nothing do not keep a message alive.
	"message-without-end": func(_ *testing.T, _ *relayproc.Relay, _, client *rawpeer.Peer) *rawpeer.Peer {
		client.Write(rawpeer.Frame(false, rawpeer.OpText, "{"))
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			if _, err := client.Conn.Write([]byte(rawpeer.Frame(false, rawpeer.OpContinuation, ""))); err != nil || hasWord(client) {
				return client
			}
		}
	},
	"client-does-not-read": func(t *testing.T, relay *relayproc.Relay, server, _ *rawpeer.Peer) *rawpeer.Peer {
		slow := rawpeer.TCPWithin(t, relay.Addr, 4<<10)
		slow.Write(rawpeer.Handshake("/client/" + server.ID))
		require.Equal(t, 101, slow.Answer().StatusCode)
		slow.ID = rawpeer.HelloID(slow)
		server.ExpectJoined(slow)
		flood := `{"to":"` + slow.ID + `","type":"flood","message":"` + strings.Repeat("x", 60000) + `"}`
		for !hasWord(server) {
			server.Text("%s", flood)
		}
		server.ExpectGone(slow)
		require.NoError(t, slow.Conn.(*net.TCPConn).SetReadBuffer(1<<20))
		return slow // now it reads, quickly, and finds the reason behind what was on its way
	},
	"server-away": func(t *testing.T, relay *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		server := rawpeer.Join(t, relay.Addr, "/server", rawpeer.V1)
		client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
		require.NoError(t, server.Conn.Close())
		client.ExpectClose(protocol.CodeServerAway) // the one that was there hears it too
		return rawpeer.Knock(t, relay.Addr, "/client/"+server.ID)
	},
	"kicked": func(t *testing.T, relay *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		server := rawpeer.Join(t, relay.Addr, "/server", rawpeer.V1)
		client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
		server.Text(`{"to":"0","type":"RELAY_KICK","message":{"request":1,"id":%q}}`, client.ID)
		return client
	},
	"replaced": func(t *testing.T, relay *relayproc.Relay, server, _ *rawpeer.Peer) *rawpeer.Peer {
		first := rawpeer.Knock(t, relay.Addr, "/client/"+server.ID, rawpeer.V1)
		var hello struct{ Resume string }
		require.NoError(t, json.Unmarshal(first.Delivery().Message, &hello))
		rawpeer.Knock(t, relay.Addr, "/client/"+server.ID, rawpeer.V1+", intercessor.resume.1."+hello.Resume)
		return first
	},
	"token-forged": func(t *testing.T, relay *relayproc.Relay, server, _ *rawpeer.Peer) *rawpeer.Peer {
		return rawpeer.Knock(t, relay.Addr, "/client/"+server.ID, rawpeer.V1+", intercessor.resume.1.forged")
	},
	"secret-wrong": func(t *testing.T, _ *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		config := filepath.Join(t.TempDir(), "relayd.toml")
		relayproc.WritePassphrases(t, config, "open sesame", "")
		return rawpeer.Knock(t, relayproc.Start(t, "--config", config).Addr, "/server", rawpeer.V1+", "+rawpeer.AccessEntry("open says me"))
	},
	"session-lasts": func(t *testing.T, _ *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		return rawpeer.Join(t, relayproc.Start(t, "--limits-session-life", "10s").Addr, "/server")
	},
	"client-idle": func(t *testing.T, _ *relayproc.Relay, _, _ *rawpeer.Peer) *rawpeer.Peer {
		strict := relayproc.Start(t, "--limits-client-idle", "10s")
		return rawpeer.Join(t, strict.Addr, "/client/"+rawpeer.Join(t, strict.Addr, "/server").ID)
	},
	// relayd/relay's tests provoke this one: here the server would be cut before
	// it is clear that it was full.
	"server-does-not-read": nil,
}

func sends(frames string) func(*testing.T, *relayproc.Relay, *rawpeer.Peer, *rawpeer.Peer) *rawpeer.Peer {
	return func(_ *testing.T, _ *relayproc.Relay, _, client *rawpeer.Peer) *rawpeer.Peer {
		client.Write(frames)
		return client
	}
}

// operators are additional flags of the relay for some provocations.
var operators = map[string][]string{"not-allowed": {"--schemas-builtin", "--schemas-refused", "close"}}

// hasWord reports whether something of the relay has come, within a millisecond.
func hasWord(p *rawpeer.Peer) bool {
	_ = p.Conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, _ = p.Reader.Peek(1)
	_ = p.Conn.SetReadDeadline(time.Now().Add(time.Minute))
	return p.Reader.Buffered() > 0
}

// TestEveryCloseCode provokes each code of codes.json at the running relay,
// with a reason in words, while a pair in another room notices nothing.
func TestEveryCloseCode(t *testing.T) {
	t.Parallel()
	var codes []struct {
		Code    protocol.Code
		Provoke string
	}
	require.NoError(t, json.Unmarshal([]byte(vectors.Codes), &codes))
	require.Len(t, codes, len(provocations), "each code has its way, each way its code")
	for _, c := range codes {
		t.Run(c.Provoke, func(t *testing.T) {
			t.Parallel()
			provoke := provocations[c.Provoke]
			if c.Code == protocol.CodeOverloaded {
				require.Nil(t, provoke)
				return
			}
			require.NotNil(t, provoke, "no test provokes %d", c.Code)
			relay := relayproc.Start(t, operators[c.Provoke]...)
			others := rawpeer.Meet(t, relay.Addr)
			end := func() {}
			if c.Code != protocol.CodeRestarting { // which all hear
				end = others.TalkOn()
			}
			server := rawpeer.Join(t, relay.Addr, "/server")
			client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
			server.ExpectJoined(client)
			for _, p := range []*rawpeer.Peer{server, client} {
				require.NoError(t, p.Conn.SetDeadline(time.Now().Add(time.Minute)))
			}

			closed := provoke(t, relay, server, client)
			require.NotEmpty(t, closed.ExpectClose(c.Code))
			end()
		})
	}
}
