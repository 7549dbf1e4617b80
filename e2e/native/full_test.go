package native_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// offered is when an OFFER came, and of which connection.
type offered struct {
	at time.Time
	pc uint64
}

// fullServer is a server of a link that returns messages, and has no capacity for connections.
// It answers each OFFER with NEGOTIATE and wait. It ends with its session.
func fullServer(ctx context.Context, session *sdktest.Peer, wait uint64, offers chan<- offered) {
	start := time.Now()
	draw := func() (id link.ID) { return link.NewID(rand.Uint64() | 1) }
	door := link.NewDoor(link.Config{Draw: draw, AckAfter: -1})
	for {
		e, err := session.Receive(ctx)
		if err != nil {
			return
		}
		h, err := link.ParseHeader(e.Link)
		if err != nil || e.Link == nil {
			continue
		}
		now := link.Time(time.Since(start)) + 1
		entry := door.Receive(now, []byte(e.Type), e.Message, &h)
		if entry.HasReply {
			_ = session.SendFrame(ctx, entry.Reply.Append(nil, e.Peer), false)
		}
		l := entry.Link
		if l == nil {
			continue
		}
		if entry.Opened {
			l.PathUp(now, link.Relay)
		}
		for m, ok := l.Take(now, link.Signalling); ok; m, ok = l.Take(now, link.Signalling) {
			if m.Type == protocol.TypeOffer {
				offers <- offered{time.Now(), m.About.PC}
				_ = l.Signal(now, protocol.TypeNegotiate, []byte("null"), link.About{PC: m.About.PC, Q: m.About.Q, Wait: wait})
			}
		}
		for m, ok := l.Take(now, link.Data); ok; m, ok = l.Take(now, link.Data) {
			_ = l.Send(now, m.Type, m.Data, nil)
		}
		l.Flush(now)
		for f, ok := l.Next(now, link.Relay); ok; f, ok = l.Next(now, link.Relay) {
			_ = session.SendFrame(ctx, f.Append(nil, e.Peer), false)
		}
		l.Effects().Reset()
	}
}

// A listener that has no capacity says for how long a client waits (W6). The client does, also if
// its application asks for a path, and its messages go over the relay.
func TestNativeW6ClientOfAFullListenerWaits(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	session, err := sdktest.Dial(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	const wait = 3 * time.Second
	offers, ended := make(chan offered, 10), make(chan struct{})
	go func() {
		defer close(ended)
		fullServer(patience.Context(t), session, uint64(wait/time.Second), offers)
	}()
	defer func() {
		require.NoError(t, session.Close())
		<-ended
	}()
	conn, err := sdk.Dial(patience.Context(t), relay.WS+"/client/"+string(session.Hello().ID), nil)
	require.NoError(t, err)
	defer conn.Abort()

	next := func() (o offered) {
		select {
		case o = <-offers:
		case <-patience.Context(t).Done():
			require.Fail(t, "no OFFER comes")
		}
		return o
	}
	first := next()
	require.EqualValues(t, 1, first.pc)
	now := conn.Path()
	for now.State != sdk.PathOver {
		now, err = conn.WaitPath(patience.Context(t), now)
		require.NoError(t, err)
	}
	require.Contains(t, now.Problem, "as many direct paths")
	sdkpeer.Send(t, conn, "chat", `1`)
	sdkpeer.Receive(t, conn, "chat", `1`)
	within, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = conn.OpenChannel(within, "file")
	require.Error(t, err)
	for n := range uint64(2) {
		again := next()
		require.Equal(t, n+2, again.pc)
		require.GreaterOrEqual(t, again.at.Sub(first.at), wait)
		first = again
	}
	sdkpeer.Send(t, conn, "chat", `2`)
	sdkpeer.Receive(t, conn, "chat", `2`)
	require.Equal(t, sdk.RouteRelay, conn.Path().Route)
	require.Equal(t, sdk.Connected, conn.State())
}
