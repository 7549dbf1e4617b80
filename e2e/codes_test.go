package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/stretchr/testify/require"
)

// provocations are the ways to each close code, by the names that codes.json
// gives them. Each gets a server and a client of it in a room, and gives the
// peer that is to be closed.
var provocations = map[string]func(relay *relayProcess, server, client *rawPeer) *rawPeer{
	"unmasked-frame":    sends("\x81\x02{}"),
	"binary-message":    sends(frame(true, opBinary, "{}")),
	"broken-utf8":       sends(frame(true, opText, "{\"\xff\":1}")),
	"message-too-big":   sends(frame(true, opText, strings.Repeat(" ", protocol.MaxMessage+1))),
	"not-an-object":     sends(frame(true, opText, `["to","type","message"]`)),
	"field-twice":       sends(frame(true, opText, `{"to":"a","to":"a","type":"b","message":1}`)),
	"field-missing":     sends(frame(true, opText, `{"to":"a","type":"b"}`)),
	"field-invalid":     sends(frame(true, opText, `{"to":"a","type":7,"message":1}`)),
	"type-of-the-relay": sends(frame(true, opText, `{"to":"a","type":"PEER_GONE","message":1}`)),
	"from-another":      sends(frame(true, opText, `{"to":"a","from":"0","type":"b","message":1}`)),
	"ping-flood":        sends(strings.Repeat(frame(true, opPing, ""), 3*protocol.MaxControlRate)),

	"not-allowed": func(_ *relayProcess, server, client *rawPeer) *rawPeer {
		client.text(`{"to":%q,"type":"OFFER","message":null}`, server.id)
		return client
	},
	"relay-stops": func(relay *relayProcess, _, client *rawPeer) *rawPeer {
		relay.Signal(syscall.SIGTERM)
		return client
	},
	"unknown-server": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		return relay.knock("/client/nobody")
	},
	"server-leaves": func(_ *relayProcess, server, client *rawPeer) *rawPeer {
		require.NoError(server.t, server.conn.Close())
		client.wantsGone(server)
		return client
	},
	"ping-unanswered": func(_ *relayProcess, _, client *rawPeer) *rawPeer {
		opcode, _ := client.next()
		require.EqualValues(client.t, opPing, opcode)
		return client
	},
	// Fragments of nothing do not keep a message alive.
	"message-without-end": func(_ *relayProcess, _, client *rawPeer) *rawPeer {
		client.write(frame(false, opText, "{"))
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			if _, err := client.conn.Write([]byte(frame(false, opContinuation, ""))); err != nil || client.read.Buffered() > 0 {
				return client
			}
			_ = client.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, _ = client.read.Peek(1)
			_ = client.conn.SetReadDeadline(time.Now().Add(time.Minute))
		}
	},
	"client-does-not-read": func(relay *relayProcess, server, _ *rawPeer) *rawPeer {
		slow := relay.tcpWithin(4 << 10)
		slow.write(handshake("/client/" + server.id))
		require.Equal(slow.t, 101, slow.answer().StatusCode)
		slow.id = helloID(slow)
		server.wantsJoined(slow)
		flood := `{"to":"` + slow.id + `","type":"flood","message":"` + strings.Repeat("x", 60000) + `"}`
		for range 400 {
			server.text("%s", flood)
		}
		server.wantsGone(slow)
		return slow // now it reads, and finds the reason behind what was on its way
	},
	"server-away": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		server := relay.raw("/server", asksForV1)
		client := relay.raw("/client/" + server.id)
		require.NoError(server.t, server.conn.Close())
		client.wantsClose(protocol.CodeServerAway) // the one that was there hears it too
		return relay.knock("/client/" + server.id)
	},
	"kicked": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		server := relay.raw("/server", asksForV1)
		client := relay.raw("/client/" + server.id)
		server.text(`{"to":"0","type":"RELAY_KICK","message":{"request":1,"id":%q}}`, client.id)
		return client
	},
	"replaced": func(relay *relayProcess, server, _ *rawPeer) *rawPeer {
		first := relay.knock("/client/"+server.id, asksForV1)
		var hello struct{ Resume string }
		require.NoError(first.t, json.Unmarshal(first.delivery().Message, &hello))
		relay.knock("/client/"+server.id, asksForV1+", intercessor.resume.1."+hello.Resume)
		return first
	},
	"token-forged": func(relay *relayProcess, server, _ *rawPeer) *rawPeer {
		return relay.knock("/client/"+server.id, asksForV1+", intercessor.resume.1.forged")
	},
	"secret-wrong": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		config := filepath.Join(relay.t.TempDir(), "relayd.toml")
		passphraseConfig(relay.t, config, "open sesame", "")
		return startRelay(relay.t, "--config", config).knock("/server", asksForV1+", "+accessEntry("open says me"))
	},
	"session-lasts": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		return startRelay(relay.t, "--limits-session-life", "10s").raw("/server")
	},
	"client-idle": func(relay *relayProcess, _, _ *rawPeer) *rawPeer {
		strict := startRelay(relay.t, "--limits-client-idle", "10s")
		return strict.raw("/client/" + strict.raw("/server").id)
	},
	// relayd/relay's tests provoke this one: here the server would be cut before
	// it is clear that it was full.
	"server-does-not-read": nil,
}

const asksForV1 = "Sec-WebSocket-Protocol: intercessor.v1"

func sends(frames string) func(*relayProcess, *rawPeer, *rawPeer) *rawPeer {
	return func(_ *relayProcess, _, client *rawPeer) *rawPeer {
		client.write(frames)
		return client
	}
}

// operators are additional flags of the relay for some provocations.
var operators = map[string][]string{"not-allowed": {"--schemas-builtin", "--schemas-refused", "close"}}

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
			relay := startRelay(t, operators[c.Provoke]...)
			others := relay.bystanders()
			server := relay.raw("/server")
			client := relay.raw("/client/" + server.id)
			server.wantsJoined(client)
			for _, p := range []*rawPeer{server, client} {
				require.NoError(t, p.conn.SetDeadline(time.Now().Add(time.Minute)))
			}

			closed := provoke(relay, server, client)
			require.NotEmpty(t, closed.wantsClose(c.Code))
			if c.Code != protocol.CodeRestarting && c.Code != protocol.CodePingTimeout { // nor do they answer
				others.talk()
			}
		})
	}
}
