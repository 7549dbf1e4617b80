package relay_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// picky is a Check that refuses messages with the word bad, and parts.
func picky(closes bool) relay.Check {
	return func(typ, message []byte, part bool) *relay.Objection {
		if part {
			return &relay.Objection{Keyword: "parts", Close: closes}
		}
		if string(typ) == "OFFER" && bytes.Contains(message, []byte("bad")) {
			return &relay.Objection{Path: "/properties/sdp", Keyword: "type", Close: closes}
		}
		return nil
	}
}

func TestB51WhatIsNotAllowedIsDropped(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Check: picky(false)}})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	client.send(server, "OFFER", `"bad"`)
	client.send(server, "OFFER", `"good"`)
	server.wants(client.id, "OFFER", `"good"`) // nothing came before
	server.send(client, "OFFER", `"bad"`)
	server.send(client, "chat", `"bad"`)
	client.wants(server.id, "chat", `"bad"`) // of the first, a base sender hears nothing
	require.EqualValues(t, 2, w.Stats().Dropped[relay.DropRefused])
	require.Empty(t, w.Stats().Closed)
}

func TestB51WhoSendsWhatIsNotAllowedIsClosed(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Check: picky(true)}})
	server := w.v1Server()
	client := w.client(server.peer)
	server.hearsOf("PEER_JOINED", client)
	client.send(server.peer, "chat", `"first"`)
	client.send(server.peer, "OFFER", `"bad"`)
	server.hears(client.id, "chat", `"first"`) // what came before is delivered (B26)
	server.hearsOf("PEER_GONE", client)
	client.wantsClose(protocol.CodeRefused)
	require.EqualValues(t, 1, w.Stats().Dropped[relay.DropRefused])
	require.EqualValues(t, 1, w.Stats().Closed[protocol.CodeRefused])
}

func TestB51OnlyWhatHasAReceiverIsLookedAt(t *testing.T) {
	_, server, client := v1Room(t, relay.Config{Settings: relay.Settings{Check: picky(true)}})
	for _, to := range []string{"nobody", client.id} {
		client.send(&peer{id: to}, "OFFER", `"bad"`)
		client.hears("0", "RELAY_UNDELIVERED", `{"to":"`+to+`","reason":"absent"}`)
	}
	client.send(server.peer, "x", "1")
	server.hears(client.id, "x", "1")
}

func TestD10AV1SenderIsToldEachTime(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Check: picky(false)}})
	server := w.v1Server()
	client := w.client(server.peer) // a base peer: without a link
	server.hearsOf("PEER_JOINED", client)
	for range 3 {
		server.send(client, "OFFER", `{"secret":"bad"}`)
		server.hears("0", "RELAY_UNDELIVERED", `{"to":"`+client.id+`","reason":"schema","path":"/properties/sdp","keyword":"type"}`)
	}
	server.send(client, "OFFER", `1`)
	client.wants(server.id, "OFFER", `1`)
}

// A link would resend forever a frame that is only dropped.
func TestD10ALinkEndsWithItsSender(t *testing.T) {
	for _, link := range []string{`{"id":"0123456789abcdef","n0":1}`, `{"id":"0123456789abcdef","n":1,"of":40000}`, `{"id":"0123456789abcdef","n":2,"\u0061t":4}`, `{"of":1,"of":2}`} {
		w, server, client := v1Room(t, relay.Config{Settings: relay.Settings{Check: picky(false)}})
		client.raw(`{"to":"` + server.id + `","link":` + link + `,"type":"OFFER","message":"bad"}`)
		_, typ, message := client.next()
		require.Equal(t, "RELAY_UNDELIVERED", typ)
		require.Contains(t, string(message), `"reason":"schema"`)
		require.Equal(t, strings.Contains(link, "n0"), strings.Contains(string(message), "/properties/sdp"), "%s of %s", message, link)
		client.wantsClose(protocol.CodeRefused)
		require.Equal(t, "refused", server.hearsOf("PEER_GONE", client.peer).Reason)
		require.EqualValues(t, 1, w.Stats().Dropped[relay.DropRefused])
	}
}

// Schemas do not apply to frames of the link and to requests.
func TestD10LinksAndRequestsAreNotLookedAt(t *testing.T) {
	nothing := func([]byte, []byte, bool) *relay.Objection { return &relay.Objection{Keyword: "unknown", Close: true} }
	_, server, client := v1Room(t, relay.Config{Settings: relay.Settings{Check: nothing}})
	client.raw(`{"to":"` + server.id + `","link":{"of":1},"type":"LINK_ACK","message":null}`)
	_, typ, _ := server.next()
	require.Equal(t, "LINK_ACK", typ)
	server.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`)
}

func TestChecksChangeWhilePeersTalk(t *testing.T) {
	w, server, client := v1Room(t, relay.Config{})
	for range 50 {
		require.NoError(t, w.Reload(relay.Settings{}))
		client.send(server.peer, "OFFER", `"bad"`)
		server.hears(client.id, "OFFER", `"bad"`)
		require.NoError(t, w.Reload(relay.Settings{Check: picky(false)}))
		client.send(server.peer, "OFFER", `"bad"`)
		client.hears("0", "RELAY_UNDELIVERED", `{"to":"`+server.id+`","reason":"schema","path":"/properties/sdp","keyword":"type"}`)
	}
}

// TestRefusedMessagesAreNotRepeated: neither the log nor the close frame quotes a message.
func TestRefusedMessagesAreNotRepeated(t *testing.T) {
	var log syncBuffer
	long := func([]byte, []byte, bool) *relay.Objection {
		return &relay.Objection{Path: "/" + strings.Repeat("x", 255), Keyword: "required", Close: true}
	}
	w := newWorld(t, relay.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), Settings: relay.Settings{Check: long}})
	server := w.server()
	client := w.client(server)
	server.wantsJoined(client)
	client.send(server, "canary-type", `{"canary-name":"canary-value"}`)
	client.wantsClose(protocol.CodeRefused)
	server.wantsGone(client)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "does not allow this message: required") }, patience, time.Millisecond)
	require.NotContains(t, log.String(), "canary")
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
