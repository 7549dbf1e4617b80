package browser_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// journal has a listener's page write down what it hears of its peers, and messages.
const journal = `globalThis.heard = []
	for (const type of ["joined", "away", "back", "gone"])
		ln.addEventListener(type, ({ peerId, reason }) => heard.push([type, peerId, reason].filter(Boolean).join(" ")))
	;(async () => { for await (const conn of ln) (async () => { for await (const m of conn) heard.push(m.data) })() })()`

// TestTabReloadedIsTheSamePeer: a page that is loaded again has its ID back, and the other
// side sees it go and come.
func TestTabReloadedIsTheSamePeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	server, client := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)
	server.Do(`globalThis.ln = await sdk.listen(a, { identity: true });`+journal, relay.WS+"/server")
	url := chromium.Eval[string](server, `ln.url`)
	client.Do(`globalThis.conn = await sdk.connect(a, { identity: "reader" })
		await (await conn.send({ type: "a", data: "before" })).outcome`, url)
	id := chromium.Eval[string](client, `conn.id`)
	server.WaitFor("the message", `heard.includes("before")`)

	client.Do(`setTimeout(() => location.reload())`)
	server.WaitFor("that the client is away", `heard.at(-1) === "away " + a`, id)
	client.WaitFor("the page again", `document.readyState === "complete" && !globalThis.conn`)
	client.Do(`globalThis.sdk = await import("./sdk/intercessor.js")
		globalThis.conn = await sdk.connect(a, { identity: "reader" })
		globalThis.sent = (await conn.send({ type: "a", data: "after" })).outcome`, url)
	require.Equal(t, id, chromium.Eval[string](client, `conn.id`))
	require.Equal(t, "delivered", chromium.Eval[string](client, `sent.then(({ kind }) => kind)`))
	server.WaitFor("the message", `heard.includes("after")`)
	require.Equal(t, []string{"joined " + id, "before", "away " + id, "back " + id, "gone " + id + " restarted", "joined " + id, "after"},
		chromium.Eval[[]string](server, `heard`))

	// The server is loaded again: it has the same URL, its client hears that it has no memory.
	before := chromium.Eval[string](server, `ln.id`)
	client.Do(`globalThis.heard = []; for (const type of ["away", "back", "gone"]) conn.addEventListener(type, (e) => heard.push(type + e.reason))
		globalThis.ended = (async () => { for await (const m of conn); return (await conn.closed).code })()`)
	server.Reload()
	server.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.ln = await sdk.listen(a, { identity: true });`+journal, relay.WS+"/server")
	require.Equal(t, before, chromium.Eval[string](server, `ln.id`))
	require.Equal(t, "restarted", chromium.Eval[string](client, `ended`))
	require.Equal(t, []string{"away", "back", "gonerestarted"}, chromium.Eval[[]string](client, `heard`))
	require.Equal(t, "closed", chromium.Eval[string](client, `conn.state`))

	// What was closed is not kept: a new peer.
	client.Do(`globalThis.conn = await sdk.connect(a, { identity: "reader" })`, url)
	again := chromium.Eval[string](client, `conn.id`)
	require.NotEqual(t, id, again)
	client.Do(`const { outcome } = await conn.send({ type: "a", data: "again" }); await outcome
		conn.close(); globalThis.conn = await sdk.connect(a, { identity: "reader" })`, url)
	require.NotEqual(t, again, chromium.Eval[string](client, `conn.id`))
	server.WaitFor("that it left", `heard.includes("gone " + a + " closed")`, again)
	require.Equal(t, 1, chromium.Eval[int](client, `Object.keys(sessionStorage).filter((key) => key.startsWith("intercessor:")).length`))

	// What the page stored is of no use to a relay with another key; that is said once.
	other := relayproc.Start(t)
	stranger := browser.OpenSDK(other.HTTP)
	stranger.Do(`globalThis.ln = await sdk.listen(a, { identity: true }); const [key] = Object.keys(sessionStorage).filter((key) => key.startsWith("intercessor:"))
		await ln[Symbol.asyncDispose](); sessionStorage.setItem(key, JSON.stringify({ id: "somebody", text: "1.AAAA" }))`, other.WS+"/server")
	require.Equal(t, "identity-refused", chromium.Eval[string](stranger, `sdk.listen(a, { identity: true }).catch(({ code }) => code)`, other.WS+"/server"))
	stranger.Do(`(await sdk.listen(a, { identity: true })).close()`, other.WS+"/server")

	// Without Web Locks nothing is kept, and the console says so.
	require.Equal(t, "0 a reload of this page will be a new peer", chromium.Eval[string](stranger, `(async () => {
		Object.defineProperty(navigator, "locks", { value: undefined })
		const said = []
		console.info = (text) => said.push(text)
		const ln = await sdk.listen(a, { identity: true })
		const kept = Object.keys(sessionStorage).filter((key) => key.startsWith("intercessor:")).length
		ln.close()
		return kept + " " + said.join().match(/a reload of this page will be a new peer/)
	})()`, other.WS+"/server"))
	require.Equal(t, "invalid", chromium.Eval[string](stranger, `sdk.listen(a, { identity: { text: "given away" } }).catch(({ code }) => code)`, other.WS+"/server"))
}

// TestTabDuplicatedIsAnotherPeer: the copy of a tab has a copy of its sessionStorage, and
// must not take its place.
func TestTabDuplicatedIsAnotherPeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	first := browser.OpenSDK(relay.HTTP)
	first.Do(`globalThis.conn = await sdk.connect(a, { identity: true })`, ln.ClientURL())
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)

	second := first.Duplicate()
	require.Equal(t, 1, chromium.Eval[int](second, `Object.keys(sessionStorage).filter((key) => key.startsWith("intercessor:")).length`), "what the browser copied")
	second.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.conn = await sdk.connect(a, { identity: true })`, ln.ClientURL())
	other, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	require.NotEqual(t, conn.PeerID(), other.PeerID())
	for tab, to := range map[*chromium.Tab]*sdk.Conn{first: conn, second: other} {
		require.Equal(t, to.PeerID(), chromium.Eval[string](tab, `conn.id`))
		tab.Do(`await conn.send({ type: "still", data: "here" })`)
		_, err := to.Receive(patience.Context(t))
		require.NoError(t, err)
	}

	// Each keeps its own identity from now on.
	id := chromium.Eval[string](second, `conn.id`)
	second.Reload()
	second.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.conn = await sdk.connect(a, { identity: true })`, ln.ClientURL())
	require.Equal(t, id, chromium.Eval[string](second, `conn.id`))
	require.Equal(t, "connected", chromium.Eval[string](first, `conn.state`))

	// The copy of a host's page does not host.
	host := browser.Open(relay.HTTP + "/")
	host.Host("Ada")
	copied := host.Duplicate()
	copied.WaitText("#notice", "Your room is open in the tab that this one was copied from.")
	copied.Click("#start-room")
	copied.WaitText("#room-state", "Your room is open")
	require.NotEqual(t, chromium.Eval[string](host, `document.getElementById("invite-link").value`),
		chromium.Eval[string](copied, `document.getElementById("invite-link").value`))
}

// TestTabClosedIsGone: the browser says that the tab goes away, so it is waited for as
// long as a reload may take, and no longer (R9). Chromium gives a page half a second for its
// end, which on a busy machine may be too little: one tab of three has to say it.
func TestTabClosedIsGone(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	browser := chromium.Start(t)
	var gone *sdk.GoneError
	for range 3 {
		page := browser.OpenSDK(relay.HTTP)
		page.Do(`globalThis.conn = await sdk.connect(a, { identity: true })`, ln.ClientURL())
		conn, err := ln.Accept(patience.Context(t))
		require.NoError(t, err)
		closed := time.Now()
		page.Close()
		state, err := conn.WaitState(patience.Context(t), sdk.Connected)
		require.NoError(t, err)
		require.Equal(t, sdk.Reconnecting, state)

		ctx, cancel := context.WithTimeout(t.Context(), protocol.Window*time.Second/2)
		_, err = conn.Receive(ctx)
		cancel()
		if errors.As(err, &gone) {
			require.Equal(t, sdk.ReasonTimeout, gone.Reason)
			require.Greater(t, time.Since(closed).Seconds(), float64(protocol.ReloadWindow-3))
			return
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	t.Fatal("no tab has said that it goes away")
}

// TestTabFrozenComesBack: the browser stops a tab while messages come to it, in the full
// form for longer than the window. Chromium keeps the WebSocket of such a page, and answers
// the relay's pings, so the page is not given up. Nothing is lost.
func TestTabFrozenComesBack(t *testing.T) {
	t.Parallel()
	frozen := 2 * time.Second
	if prove {
		frozen = 90 * time.Second
	}
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	host.streams(200, 100, 10*time.Millisecond)
	guest.streams(200, 100, 10*time.Millisecond)
	guest.hears(20)
	guest.Freeze()
	s.fault("frozen")
	host.streams(100, 100, 0)
	lasts(frozen)
	require.Equal(t, "connected", chromium.Eval[string](host.Tab, `talks[0].conn.state`))
	require.GreaterOrEqual(t, chromium.Eval[int](host.Tab, `pending`), 100, "nothing is delivered to a page that does not run")
	guest.Thaw()
	s.heal("frozen")
	guest.hears(300)
	host.hears(200)
	s.delivered(500)
}

// TestAListenerIsGivenAway: another page goes on as a listener whose identity it has, also after a reload of its own.
// A false identity takes nothing from the first page.
func TestAListenerIsGivenAway(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	first, second := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)
	first.Do(`globalThis.ln = await sdk.listen(a, { identity: true })`, relay.WS+"/server")
	id, identity := chromium.Eval[string](first, `ln.id`), chromium.Eval[string](first, `ln.identity`)
	client, err := sdk.Dial(patience.Context(t), relay.WS+"/client/"+id, nil)
	require.NoError(t, err)
	defer client.Close()

	const take = `globalThis.ln = await sdk.listen(a, { identity: { name: "taken", text: b } })`
	require.Equal(t, "identity-refused", chromium.Eval[string](second, `sdk.listen(a, { identity: { text: "1.AAAA" } }).catch(({ code }) => code)`, relay.WS+"/server"))
	require.Equal(t, "invalid", chromium.Eval[string](second, `sdk.listen(a, { identity: { text: "" } }).catch(({ code }) => code)`, relay.WS+"/server"))
	require.Equal(t, "connected", chromium.Eval[string](first, `ln.state`))
	second.Do(take, relay.WS+"/server", identity)
	require.Equal(t, id, chromium.Eval[string](second, `ln.id`))
	require.Equal(t, "replaced", chromium.Eval[string](first, `ln.closed.then(({ code }) => code)`))
	require.Equal(t, 0, chromium.Eval[int](first, `Object.keys(sessionStorage).filter((key) => key.startsWith("intercessor:")).length`))
	_, err = client.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrRestarted)

	second.Reload()
	second.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.ln = await sdk.listen(a, { identity: "taken" })`, relay.WS+"/server")
	require.Equal(t, id, chromium.Eval[string](second, `ln.id`))
}
