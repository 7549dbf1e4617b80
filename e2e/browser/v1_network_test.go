package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// TestTabOffline: the guest's network goes in the middle of a conversation, and the browser
// knows. What was said arrives as soon as it is back.
func TestTabOffline(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	host.streams(150, 100, 5*time.Millisecond)
	guest.streams(150, 100, 5*time.Millisecond)
	guest.hears(30)

	s.cut(guest, chaos.Silence)
	guest.SetOffline(true)
	require.False(t, chromium.Eval[bool](guest.Tab, `navigator.onLine`))
	lasts(5 * time.Second) // the browser's word counts for connections of that age
	s.mend(guest)
	guest.SetOffline(false)
	guest.hears(150) // long before 30 s of silence have gone by
	host.hears(150)
	require.Equal(t, []string{"reconnecting", "connected"}, guest.states())
	s.delivered(300)
}

// TestTabHalfOpen: the connections of both pages die without a word. The pages find that
// out by themselves, or are told.
func TestTabHalfOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	lasts(5 * time.Second) // a hint counts for connections of that age
	s.fault("silence")
	host.proxy.CutAll(chaos.Silence)
	guest.proxy.CutAll(chaos.Silence)
	host.streams(20, 100, 0)
	guest.streams(20, 100, 0)
	if prove {
		lasts(35 * time.Second)
	} else {
		guest.Do(`talks[0].conn.networkChanged()`)
		host.Do(`ln.networkChanged()`)
	}
	s.heal("silence")
	host.hears(20)
	guest.hears(20)
	s.delivered(40)
}

// TestTabBehindASlowLink: a late, narrow line that stands still for seconds is no reason to
// reconnect.
func TestTabBehindASlowLink(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	slow := chaos.Way{Delay: 40 * time.Millisecond, Jitter: 30 * time.Millisecond, Rate: 200_000}
	guest.proxy.SetFaults(chaos.Faults{Up: slow, Down: slow})
	guest.joins(host)
	for _, a := range []*actor{host, guest} {
		a.streams(100, 200, 5*time.Millisecond)
	}
	guest.hears(20)
	guest.proxy.StallAll(2 * time.Second)
	host.streams(1, 200_000, 0)
	guest.streams(1, 200_000, 0)
	guest.hears(101)
	host.hears(101)
	for _, a := range []*actor{host, guest} {
		require.NotContains(t, a.states(), "reconnecting")
	}
	s.delivered(202)
}

// TestTabFindsNoRelay: connections are cut and refused for a while. Both pages show it,
// and messages sent in between arrive afterwards.
func TestTabFindsNoRelay(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	s.cut(guest, chaos.RST)
	guest.in("reconnecting")
	host.in("reconnecting")
	guest.streams(30, 100, 0)
	host.streams(30, 100, 0)
	require.Eventually(t, func() bool { return guest.proxy.Refused() >= 3 }, patience.Max, 10*time.Millisecond, "it tries again")
	require.Zero(t, guest.proxy.Conns())
	require.Equal(t, 0, chromium.Eval[int](guest.Tab, `received`)+chromium.Eval[int](host.Tab, `received`))
	s.mend(guest)
	guest.hears(30)
	host.hears(30)
	for _, a := range []*actor{host, guest} {
		a.in("connected")
		require.Equal(t, []string{"reconnecting", "connected"}, a.states())
	}
	s.delivered(60)
}

// TestTabCutInLargeMessages: messages of megabytes go both ways, and the connection is cut
// at bytes in their middle, by RST and by FIN.
func TestTabCutInLargeMessages(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	cut := func(at int64, by chaos.Kind) chaos.Way { return chaos.Way{Cut: chaos.Cut{At: at, By: by}} }
	guest.plan(chaos.Faults{Down: cut(300_000, chaos.RST)}, chaos.Faults{Up: cut(300_000, chaos.FIN)}, chaos.Faults{Up: cut(50_001, chaos.RST)})
	first := guest.proxy.Accepted()
	s.fault("cut")
	for _, a := range []*actor{host, guest} {
		a.streams(1, 2<<20, 0)
		a.streams(10, 100, 0)
	}
	guest.hurries()
	guest.proxy.CutAll(chaos.RST)
	guest.hears(11)
	host.hears(11)
	require.GreaterOrEqual(t, guest.proxy.Accepted(), first+4, "three connections were cut")
	s.heal("cut")
	s.delivered(22)
}

// TestTabTakesPartsOfALargeMessage: a Go program sees how far its message of megabytes
// has got, also while the page is away, and what the page has is not sent again.
func TestTabTakesPartsOfALargeMessage(t *testing.T) {
	t.Parallel()
	const size = 4 << 20
	relay := relayproc.Start(t)
	s := newStage(t, relay.HTTP)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	page := s.enter("page")
	page.plan(chaos.Faults{Down: chaos.Way{Cut: chaos.Cut{At: size / 2, By: chaos.RST}}})
	page.Do(`globalThis.conn = await sdk.connect(a, { paths: "relay" }); globalThis.got = []
		;(async () => { for await (const m of conn) got.push(m.data) })()`, "ws://"+page.proxy.Addr()+"/client/"+ln.ID())
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	data := make([]byte, size)
	for i := range data {
		data[i] = 'a' + byte(i*i>>8%26)%26
	}
	data[0], data[size-1] = '"', '"'

	receipt, err := conn.Send(patience.Context(t), sdk.Message{Type: "large", Data: data})
	require.NoError(t, err)
	state, err := conn.WaitState(patience.Context(t), sdk.Connected)
	require.NoError(t, err)
	require.Equal(t, sdk.Reconnecting, state)
	page.proxy.SetRefuse(true)
	before, of := receipt.Progress()
	require.Equal(t, size, of)
	require.InDelta(t, size/2, before, 300_000, "what is under way is bounded by a window")
	page.proxy.SetRefuse(false)
	outcome, err := receipt.Outcome(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Delivered, outcome.Result)
	after, _ := receipt.Progress()
	require.Equal(t, size, after)
	page.WaitFor("the message", `got.length === 1 && got[0] === a`, string(data[1:size-1]))
	_, down := page.proxy.Traffic(page.proxy.Accepted() - 1)
	require.Less(t, down, int64(size/2+600_000))
}

// TestTabCutInTheHandshake: the connection ends within the HTTP upgrade, before HELLO and
// within it, at first and while it resumes.
func TestTabCutInTheHandshake(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	var faults []chaos.Faults
	for _, at := range []int64{0, 250, 500} {
		faults = append(faults, chaos.Faults{Down: chaos.Way{Cut: chaos.Cut{At: at, By: chaos.RST}}})
	}
	// The first connection of a page is its program's own affair: it is told.
	url := "ws://" + guest.proxy.Addr() + "/client/" + chromium.Eval[string](host.Tab, `ln.id`)
	for _, f := range faults {
		guest.proxy.SetFaults(f)
		require.Equal(t, "relay-closed", chromium.Eval[string](guest.Tab, `sdk.connect(a).then(() => "connected", ({ code }) => code)`, url))
	}
	guest.proxy.SetFaults(chaos.Faults{})
	guest.joins(host)

	// Afterwards it is the SDK's.
	s.fault("cut")
	guest.plan(faults...)
	guest.hurries()
	guest.proxy.CutAll(chaos.FIN)
	host.streams(20, 100, 0)
	guest.streams(20, 100, 0)
	guest.hears(20)
	host.hears(20)
	s.heal("cut")
	s.delivered(40)
}

// TestTabCutAgainAndAgain: of two guests one is cut all the time. It loses nothing, and the
// other does not notice.
func TestTabCutAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, poor := s.pair()
	lucky := s.enter("lucky")
	lucky.joins(host)
	host.Do(`for (const talk of talks) talk.stream(200, 500, 15)`)
	poor.streams(200, 500, 15*time.Millisecond)
	lucky.streams(200, 500, 15*time.Millisecond)
	poor.hurries()
	for range 4 {
		s.fault("cut")
		poor.proxy.CutAll(chaos.RST)
		poor.in("reconnecting")
		poor.in("connected")
		s.heal("cut")
	}
	lucky.hears(200)
	poor.hears(200)
	host.hears(400)
	require.NotContains(t, lucky.states(), "reconnecting")
	require.NotContains(t, chromium.Eval[[]string](host.Tab, `talks[1].states`), "reconnecting")
	s.delivered(800)
}

// TestTabOfflineSoonAfterItConnected: the network goes and comes back within the first five
// seconds of a connection. The browser says so, and the SDK must not wait for 30 s of silence.
func TestTabOfflineSoonAfterItConnected(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	s.cut(guest, chaos.Silence)
	guest.SetOffline(true)
	host.streams(5, 100, 0)
	lasts(time.Second)
	s.mend(guest)
	guest.SetOffline(false)
	guest.hears(5)
	s.delivered(5)
}

// TestTabHintedAllTheTime: hints that come every 300 ms are obeyed once a second, not never.
func TestTabHintedAllTheTime(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	_, guest := s.pair()
	guest.Do(`setInterval(() => talks[0].conn.networkChanged(), 300)`)
	guest.proxy.CutAll(chaos.Silence) // unnoticed but for hints, of which one counts when the connection is five seconds old
	guest.WaitFor("that it reconnects", `talks[0].states.includes("reconnecting")`)
}
