package native_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// within1s gives a channel that fires after a second: long enough to say that
// nothing happens any more.
func within1s(t testing.TB) <-chan struct{} {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx.Done()
}

// rawServer and rawClient give a peer that says what a test tells it to, and an SDK
// peer that is connected to it.
func rawServer(t testing.TB, relay *relayproc.Relay) (raw *sdktest.Peer, client *sdk.Conn) {
	t.Helper()
	raw, err := sdktest.Dial(patience.Context(t), relay.WS+"/server", &sdktest.Options{Base: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return raw, sdkpeer.Dial(t, relay.WS+"/client/"+string(raw.Hello().ID))
}

func rawClient(t testing.TB, relay *relayproc.Relay) (raw *sdktest.Peer, server *sdk.Conn) {
	t.Helper()
	ln := sdkpeer.Listen(t, relay)
	raw, err := sdktest.Dial(patience.Context(t), ln.ClientURL(), &sdktest.Options{Base: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	return raw, sdkpeer.Accept(t, ln)
}

func TestNativeICEFailsWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	raw, client := rawServer(t, relay)

	ctx, cancel := context.WithCancel(patience.Context(t))
	defer cancel()
	opened := make(chan error, 1)
	go func() {
		_, err := client.OpenChannel(ctx, "unmet")
		opened <- err
	}()
	sdkpeer.Await(t, raw, protocol.TypeOffer)
	sdkpeer.Await(t, raw, protocol.TypeCandidate)
	cancel()
	err := <-opened
	require.ErrorIs(t, err, context.Canceled)
	var failed *sdk.ICEError
	require.ErrorAs(t, err, &failed)
	require.NotEmpty(t, failed.Local, "the candidates that were tried")
	require.Empty(t, failed.Remote)
	require.ErrorContains(t, err, "it does not answer")

	require.NoError(t, raw.Send(patience.Context(t), protocol.ID(client.ID()), "chat", []byte(`1`)))
	sdkpeer.Receive(t, client, "chat", `1`)
}

func TestNativeICEFailsWithoutAWay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	raw, server := rawClient(t, relay)

	// A real offer, whose candidates are kept back: the one that comes leads nowhere.
	elsewhere, offering := rawServer(t, relay)
	_, err := offering.PeerConnection()
	require.NoError(t, err)
	_, offer := sdkpeer.Await(t, elsewhere, protocol.TypeOffer)
	require.NoError(t, raw.Send(patience.Context(t), protocol.ID(server.ID()), protocol.TypeOffer, offer))
	nowhere := "candidate:1 1 udp 2130706431 127.0.0.1 9 typ host"
	require.NoError(t, raw.Send(patience.Context(t), protocol.ID(server.ID()), protocol.TypeCandidate,
		[]byte(`{"candidate":"`+nowhere+`","sdpMid":"0","sdpMLineIndex":0}`)))
	sdkpeer.Await(t, raw, protocol.TypeAnswer)

	failed := &sdk.ICEError{}
	require.Eventually(t, func() bool { // it tells what it knows by then
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = server.AcceptChannel(ctx)
		return errors.As(err, &failed) && len(failed.Local) > 0 && len(failed.Remote) > 0
	}, patience.Max, time.Millisecond)
	require.Equal(t, []string{nowhere}, failed.Remote)
	require.ErrorContains(t, err, "only a TURN server helps")
}

func TestNativePeerReportsWhatItCannotUse(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for _, scenario := range []struct{ name, typ, message string }{
		{"no SDP", protocol.TypeOffer, `{"type":"offer","sdp":"hello"}`},
		{"no description", protocol.TypeOffer, `"hello"`},
		{"an answer instead of an offer", protocol.TypeOffer, `{"type":"answer","sdp":"v=0"}`},
		{"a rollback", protocol.TypeOffer, `{"type":"rollback","sdp":""}`},
		{"SDP of another type", protocol.TypeOffer, `{"type":"offer","sdp":5}`},
		{"an answer to nothing", protocol.TypeAnswer, `{"type":"answer","sdp":"v=0"}`},
		{"a request to the wrong side", protocol.TypeNegotiate, `null`},
	} {
		t.Run(scenario.name, func(t *testing.T) {
			raw, server := rawClient(t, relay)
			require.NoError(t, raw.Send(patience.Context(t), protocol.ID(server.ID()), scenario.typ, []byte(scenario.message)))
			_, err := server.AcceptChannel(patience.Context(t))
			var unusable *sdk.ICEError
			require.ErrorAs(t, err, &unusable)
			require.Equal(t, sdk.ReasonNegotiation, unusable.Reason)
			require.ErrorContains(t, err, "the other peer's "+scenario.typ+" cannot be used")

			require.NoError(t, raw.Send(patience.Context(t), protocol.ID(server.ID()), "chat", []byte(`"no harm done"`)))
			sdkpeer.Receive(t, server, "chat", `"no harm done"`)
		})
	}
}

func TestNativeClientReportsABadAnswer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	raw, client := rawServer(t, relay)

	opened := make(chan error, 1)
	go func() {
		_, err := client.OpenChannel(patience.Context(t), "file")
		opened <- err
	}()
	sdkpeer.Await(t, raw, protocol.TypeOffer)
	require.NoError(t, raw.Send(patience.Context(t), protocol.ID(client.ID()), protocol.TypeAnswer, []byte(`{"type":"answer","sdp":"v=0\r\n"}`)))
	var unusable *sdk.ICEError
	require.ErrorAs(t, <-opened, &unusable)
	require.Equal(t, sdk.ReasonNegotiation, unusable.Reason)
	require.ErrorContains(t, unusable, "the other peer's ANSWER cannot be used")
}

// A peer that does not receive blocks its sender, and no other peer.
func TestNativeSlowConnHoldsUpItsSenderAlone(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	noisy := sdkpeer.Dial(t, ln.ClientURL())
	toNoisy := sdkpeer.Accept(t, ln)
	quiet := sdkpeer.Dial(t, ln.ClientURL())
	toQuiet := sdkpeer.Accept(t, ln)

	noise := sdk.Message{Type: "noise", Data: []byte(`"` + strings.Repeat("nobody receives this", 1000) + `"`)}
	var receipts []*sdk.Receipt
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		receipt, err := noisy.Send(ctx, noise)
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded, "it waits for the window")
			break
		}
		receipts = append(receipts, receipt)
		require.Less(t, len(receipts)*len(noise.Data), 4<<20, "the window has an end")
	}
	sdkpeer.Send(t, quiet, "chat", `1`)
	sdkpeer.Receive(t, toQuiet, "chat", `1`)
	sdkpeer.Send(t, toQuiet, "chat", `2`)
	sdkpeer.Receive(t, quiet, "chat", `2`)

	for range receipts {
		sdkpeer.Receive(t, toNoisy, noise.Type, string(noise.Data))
	}
	for _, receipt := range receipts {
		outcome, err := receipt.Outcome(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, sdk.Delivered, outcome.Result)
	}
}
