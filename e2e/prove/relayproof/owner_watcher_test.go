package relayproof

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol"
)

// watch connects the server that is told about all clients, and returns its ID.
func (c *contest) watch(url string) string {
	ctx, cancel := context.WithTimeout(c.t.Context(), form.Patience())
	defer cancel()
	var err error
	c.watcher, _, err = websocket.Dial(ctx, url, credential{}.offer())
	require.NoError(c.t, err)
	k := &contender{contest: c, ws: c.watcher}
	hello, err := k.hello(ctx)
	require.NoError(c.t, err)
	c.running.Go(func() {
		for {
			_, frame, err := c.watcher.Read(context.Background())
			if err != nil {
				if !c.ended() {
					c.t.Errorf("the watcher was cut off: %v", err)
				}
				return
			}
			c.heard(frame)
		}
	})
	return string(hello.ID)
}

// heard records presence. It was true when the relay wrote it, at any time until now (P2).
func (c *contest) heard(frame []byte) {
	d, err := protocol.ParseDeliveryV1(frame)
	if err != nil || string(d.From) != string(protocol.RelayID) || !strings.HasPrefix(string(d.Type), "PEER_") {
		c.answered(frame)
		return
	}
	p, err := protocol.ParsePresence(d.Message)
	if err != nil {
		c.t.Errorf("%s: %v", d.Type, err)
		return
	}
	c.record(1, deed{kind: heard, id: string(p.ID), rank: rank{p.Order.Generation, p.Order.Attempt}, news: string(d.Type)}, done, 0, c.now())
}

// kick has the watcher kick an ID (D7).
func (c *contest) kick(row int, who *identity) {
	number, seen := c.expect()
	body := protocol.AppendRequest(nil, protocol.TypeRelayKick, protocol.Request{Number: number, ID: protocol.ID(who.name())})
	began := c.now()
	ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
	defer cancel()
	if err := c.watcher.Write(ctx, websocket.MessageText, protocol.AppendEnvelopeV1(nil, protocol.RelayID, protocol.TypeRelayKick, body, nil)); err != nil {
		c.t.Errorf("the watcher cannot write: %v", err)
		return
	}
	select {
	case <-seen:
		c.record(row, deed{kind: kick, id: who.name()}, done, began, c.now())
	case <-ctx.Done():
		c.t.Error("RELAY_KICK was not answered")
	}
}

// answered notes the expected number that a message of the relay or of a peer contains.
func (c *contest) answered(frame []byte) {
	d, err := protocol.ParseDeliveryV1(frame)
	if err != nil {
		c.t.Errorf("the relay delivers an invalid message: %v", err)
		return
	}
	var number uint64
	switch string(d.Type) {
	case protocol.TypeRelayAnswer:
		answer, err := protocol.ParseAnswer(d.Message)
		if err != nil || answer.Error != "" {
			return // the goroutine that waits for the number reports its absence
		}
		number = answer.Number
	case "use":
		_ = json.Unmarshal(d.Message, &number)
	}
	c.seen(number)
}
