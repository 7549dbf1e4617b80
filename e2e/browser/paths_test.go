package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/tab"
	"github.com/sebas642/intercessor/sdk"
)

// takes waits until the messages of the page's newest connection take a route.
func (a *actor) takes(route string) {
	a.T.Helper()
	a.WaitFor("messages by "+route, `talks.at(-1).conn.path.route === a`, route)
}

// direct is pair, but messages take the direct path, which leads over a cable. The pages note
// each route from then on.
func (s *stage) direct() (host, guest *actor, between *tab.Cable) {
	s.t.Helper()
	host, guest = s.enter("host"), s.enter("guest")
	between = tab.NewCable(guest.Tab.Tab)
	host.Do(`paths = "auto"`)
	guest.Do(`paths = "auto"`)
	host.listens()
	guest.joins(host)
	guest.Do(`talks[0].conn.pc`)
	between.Plug()
	for _, a := range []*actor{host, guest} {
		a.takes("direct")
		a.Do(`globalThis.routes = ["direct"]
			talks[0].conn.addEventListener("pathchange", () => {
				const { route } = talks[0].conn.path
				if (route !== routes.at(-1)) routes.push(route)
			})`)
	}
	return host, guest, between
}

// TestTabPathSaysHowMessagesTravel: the figures of Connection.path are those of its route.
func TestTabPathSaysHowMessagesTravel(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	began := time.Now()
	host, guest := s.pairOn("auto")
	guest.Do(`const { conn } = talks[0]
		globalThis.turned = new Promise((resolve) => conn.addEventListener("pathchange", () => conn.path.route === "direct" && resolve()))
		conn.pc
		if (conn.path.route !== "direct") await turned`)
	host.takes("direct")
	require.Equal(t, "up ", chromium.Eval[string](guest.Tab, `talks[0].conn.path.state + " " + talks[0].conn.path.problem`))
	require.GreaterOrEqual(t, chromium.Eval[int64](guest.Tab, `talks[0].conn.path.since`), began.UnixMilli())
	require.LessOrEqual(t, chromium.Eval[int64](guest.Tab, `talks[0].conn.path.since`), time.Now().UnixMilli())
	guest.streams(1, 5000, 0)
	host.streams(1, 3000, 0)
	guest.settled()
	host.settled()
	guest.hears(1)
	for a, least := range map[*actor][2]float64{guest: {5000, 3000}, host: {3000, 5000}} {
		path := chromium.Eval[struct{ Sent, Received, RoundTrip float64 }](a.Tab, `talks[0].conn.path`)
		require.Greater(t, path.Sent, least[0])
		require.Less(t, path.Sent, least[0]+2000)
		require.Greater(t, path.Received, least[1])
		require.Positive(t, path.RoundTrip)
	}

	// ICE goes over to a TURN server.
	guest.Do(`const { conn } = talks[0], ice = conn.pc.sctp.transport.iceTransport
		globalThis.turned = new Promise((resolve) => conn.addEventListener("pathchange", () => resolve(conn.path.route)))
		ice.getSelectedCandidatePair = () => ({ local: { type: "relay" }, remote: { type: "host" } })
		ice.dispatchEvent(new Event("selectedcandidatepairchange"))`)
	require.Equal(t, "turn", chromium.Eval[string](guest.Tab, `turned`))

	guest.Do(`talks[0].conn.close()`)
	require.Equal(t, "number", chromium.Eval[string](guest.Tab, `typeof talks[0].conn.path.sent`), "also when it is closed")
}

// TestTabTalksOnWithoutTheRelay: relayd is killed while two pages talk over the direct path.
// Each message arrives while there is no relay, and a third page joins when it is back.
func TestTabTalksOnWithoutTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay.HTTP)
	host, guest, _ := s.direct()
	host.streams(300, 100, 10*time.Millisecond)
	guest.streams(300, 100, 10*time.Millisecond)
	host.hears(50)
	s.fault("SIGKILL")
	relay.Restart(func() {
		host.WaitFor("that the relay is gone", `ln.state === "reconnecting"`)
		for _, a := range []*actor{host, guest} {
			a.hears(300)
			a.settled()
			require.Empty(t, a.states(), "it stays connected")
		}
	})
	s.heal("SIGKILL")
	host.WaitFor("the relay", `ln.state === "connected"`)
	third := s.enter("third")
	third.Do(`paths = "auto"`)
	third.joins(host)
	third.streams(20, 100, 0)
	host.hears(320)
	require.Equal(t, "direct", chromium.Eval[string](host.Tab, `routes.join()`))
	require.Equal(t, "direct", chromium.Eval[string](guest.Tab, `routes.join()`))
	s.delivered(620)
}

// TestTabGoesBackToTheRelay: the direct path of two pages that talk ends in silence, or one
// page closes it. Messages go on over the relay.
func TestTabGoesBackToTheRelay(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(guest *actor, between *tab.Cable){
		"silence": func(_ *actor, between *tab.Cable) { between.Cut() },
		"closed":  func(guest *actor, _ *tab.Cable) { guest.Do(`talks[0].conn.pc.close()`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, relayproc.Start(t).HTTP)
			host, guest, between := s.direct()
			host.streams(300, 100, 10*time.Millisecond)
			guest.streams(300, 100, 10*time.Millisecond)
			host.hears(50)
			s.fault(name)
			end(guest, between)
			for _, a := range []*actor{host, guest} {
				a.hears(300)
				require.Empty(t, a.states(), "it stays connected")
				a.WaitFor("messages by relay", `routes[1] === "relay"`)
			}
			s.delivered(600)
		})
	}
}

// numbers has a Go program and a page, whose connection is conn in it, send each other
// numbered messages, one every few milliseconds, until wait is called.
type numbers struct {
	page *chromium.Tab
	conn *sdk.Conn
	stop context.CancelFunc
	done chan error
	sent int
	gap  time.Duration // the program's longest time without a message
}

func newNumbers(page *chromium.Tab, conn *sdk.Conn) *numbers {
	page.T.Helper()
	within := patience.Context(page.T)
	sending, stop := context.WithCancel(within)
	n := &numbers{page: page, conn: conn, stop: stop, done: make(chan error, 2)}
	page.Do(`globalThis.got = []; globalThis.gap = 0; globalThis.stopped = false
		globalThis.receiving = (async () => {
			let last = performance.now()
			for await (const { data } of conn) {
				gap = Math.max(gap, performance.now() - last)
				last = performance.now()
				if (data === "end") break
				got.push(data)
			}
		})()
		globalThis.sending = (async () => {
			const outcomes = []
			const send = async (data) => outcomes.push((await conn.send({ type: "n", data })).outcome)
			for (let n = 0; !stopped; n++) {
				await send(n)
				await new Promise((resolve) => setTimeout(resolve, 5))
			}
			await send("end")
			return (await Promise.all(outcomes)).every(({ kind }) => kind === "delivered") ? outcomes.length - 1 : -1
		})()`)
	go func() {
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for ; sending.Err() == nil; n.sent++ {
			if _, err := conn.Send(within, sdk.Message{Type: "n", Data: strconv.AppendInt(nil, int64(n.sent), 10)}); err != nil {
				n.done <- err
				return
			}
			<-pace.C
		}
		_, err := conn.Send(within, sdk.Message{Type: "n", Data: []byte(`"end"`)})
		n.done <- err
	}()
	go func() {
		last := time.Now()
		for i := 0; ; i++ {
			m, err := conn.Receive(within)
			n.gap = max(n.gap, time.Since(last))
			last = time.Now()
			if err == nil && string(m.Data) != `"end"` && string(m.Data) != strconv.Itoa(i) {
				err = &sdk.LinkError{Why: "got " + string(m.Data) + ", not " + strconv.Itoa(i)}
			}
			if err != nil || string(m.Data) == `"end"` {
				n.done <- err
				return
			}
		}
	}()
	return n
}

// end stops the sending and waits until all has arrived.
func (n *numbers) end(what string) {
	n.page.T.Helper()
	n.stop()
	n.page.Do(`stopped = true`)
	for range 2 {
		require.NoError(n.page.T, <-n.done)
	}
	sent := chromium.Eval[int](n.page, `sending`)
	require.Positive(n.page.T, sent, "each was delivered")
	n.page.Do(`await receiving`)
	require.Equal(n.page.T, n.sent, chromium.Eval[int](n.page, `got.every((data, n) => data === n) ? got.length : -1`), "in order, each once")
	gap := time.Duration(chromium.Eval[float64](n.page, `gap`) * float64(time.Millisecond))
	n.page.T.Logf("%s: %d and %d messages; the program received nothing for at most %v, the page for %v", what, sent, n.sent, n.gap, gap)
}

// TestTabAndNativePeerTalkOnOverEitherPath: a page and a Go program talk over the direct path.
// Neither the death of relayd nor that of the path ends that.
func TestTabAndNativePeerTalkOnOverEitherPath(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).OpenSDK(relay.HTTP, chromium.LostRelay...)
	between := tab.NewCable(page.Tab)
	page.Do(`globalThis.ln = await sdk.listen(a, { paths: "auto" })
		globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`, relay.WS+"/server")
	url := chromium.Eval[string](page, `ln.url`)
	conn, err := sdk.Dial(patience.Context(t), url, &sdk.Options{Paths: sdk.PathsAuto})
	require.NoError(t, err)
	defer conn.Close()
	page.Do(`globalThis.conn = await accepted; globalThis.states = []
		conn.addEventListener("statechange", () => states.push(conn.state))`)
	takes := func(route sdk.Route) {
		t.Helper()
		page.WaitFor("messages by "+string(route), `conn.path.route === a`, route)
		for now := conn.Path(); now.Route != route; {
			now, err = conn.WaitPath(patience.Context(t), now)
			require.NoError(t, err)
		}
	}
	between.Plug()
	takes(sdk.RouteDirect)

	talk := newNumbers(page, conn)
	page.WaitFor("messages", `got.length > 50`)
	relay.Restart(func() {
		page.WaitFor("that the relay is gone", `ln.state === "reconnecting"`)
		before := chromium.Eval[int](page, `got.length`)
		page.WaitFor("more", `got.length > a + 100`, before)
		talk.end("without the relay")
		require.Equal(t, sdk.Connected, conn.State())
	})
	page.WaitFor("the relay", `ln.state === "connected"`)
	third := sdkpeer.Dial(t, url)
	sdkpeer.Send(t, third, "chat", `1`)
	require.Equal(t, 1, chromium.Eval[int](page, `(async () => { for await (const conn of ln) for await (const { data } of conn) return data })()`))
	var refused *sdk.RelayError // which says that the client is at the relay again, too
	require.ErrorAs(t, conn.Kick(patience.Context(t), nil), &refused)

	talk = newNumbers(page, conn)
	page.WaitFor("messages", `got.length > 50`)
	between.Cut()
	takes(sdk.RouteRelay)
	page.WaitFor("more", `got.length > a + 100`, chromium.Eval[int](page, `got.length`))
	talk.end("without the direct path")
	require.Empty(t, chromium.Eval[[]string](page, `states.filter((state) => state !== "connected")`))
}

// TestTabThatStaysOnTheRelayMakesNoConnection: with paths "relay" no RTCPeerConnection is
// made, also if the other side wants one.
func TestTabThatStaysOnTheRelayMakesNoConnection(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	for _, roles := range [][2]string{{"relay", "auto"}, {"auto", "relay"}, {"relay", "relay"}} {
		server, client := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)
		for _, p := range []*chromium.Tab{server, client} {
			p.Do(`globalThis.made = 0
				globalThis.RTCPeerConnection = class extends RTCPeerConnection {
					constructor(...args) { super(...args); made++ }
				}`)
		}
		server.Do(`globalThis.ln = await sdk.listen(a, { paths: b }); globalThis.accepted = (async () => { for await (const conn of ln) return conn })()`, relay.WS+"/server", roles[0])
		client.Do(`globalThis.conn = await sdk.connect(a, { paths: b })`, chromium.Eval[string](server, `ln.url`), roles[1])
		server.Do(`globalThis.conn = await accepted`)
		for _, sides := range [][2]*chromium.Tab{{client, server}, {server, client}} {
			from, to := sides[0], sides[1]
			from.Do(`globalThis.sent = conn.send({ type: "large", data: "x".repeat(100_000) })`)
			to.Do(`for await (const message of conn) break`)
			require.Equal(t, "delivered", chromium.Eval[string](from, `sent.then(({ outcome }) => outcome).then(({ kind }) => kind)`))
		}
		lasts(2 * time.Second) // the age at which a connection has begun to look for a direct path
		for _, p := range []*chromium.Tab{server, client} {
			require.Zero(t, chromium.Eval[int](p, `made`))
			require.Equal(t, "relay idle", chromium.Eval[string](p, `conn.path.route + " " + conn.path.state`))
			require.True(t, chromium.Eval[bool](p, `conn.path.sent > 100_000 && conn.path.received > 100_000 && conn.path.roundTrip > 0`))
		}
		// A page that asks for a channel makes its own connection, and gets no answer.
		if roles == [2]string{"relay", "auto"} {
			client.Do(`globalThis.opening = conn.openChannel("a", { signal: AbortSignal.timeout(1000) }).catch((err) => err)`)
			client.Do(`await opening`)
			require.Equal(t, 1, chromium.Eval[int](client, `made`))
			require.Zero(t, chromium.Eval[int](server, `made`))
		}
	}
}

// TestTabSaysItsFirstMessageAtOnce: the server takes a client's first messages while the client
// has got nothing but HELLO, and so has said nothing in answer (L14).
func TestTabSaysItsFirstMessageAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	guest.Do(`globalThis.frames = []
		globalThis.held = [] // events from behind HELLO; null when they pass
		globalThis.WebSocket = class extends WebSocket {
			constructor(...args) {
				super(...args)
				this.addEventListener("message", (event) => {
					const { type } = JSON.parse(event.data)
					if (type === "HELLO" || !held) return
					held.push(() => this.dispatchEvent(new MessageEvent("message", { data: event.data })))
					event.stopImmediatePropagation()
				})
			}
			send(text) { frames.push(JSON.parse(text).type); super.send(text) }
		}`)
	host.listens()
	guest.Do(`const conn = await sdk.connect(a + b)
		is(conn.id, b)
		const talk = new Talk(conn)
		await talk.send(100)
		await talk.send(100)`, "ws://"+guest.proxy.Addr()+"/client/", chromium.Eval[string](host.Tab, `ln.id`))
	host.hears(2)
	// LINK_OPEN is repeated if that takes long.
	require.Equal(t, "LINK_OPEN x game-state", chromium.Eval[string](guest.Tab, `[...new Set(frames)].join(" ")`))
	require.Equal(t, "connecting", chromium.Eval[string](guest.Tab, `talks[0].conn.state`))
	guest.Do(`const events = held
		held = null
		for (const happens of events) happens()`)
	s.delivered(2)
}

// TestPageTalksOnWhenTheRelayHasForgottenIt: relayd comes back without its key, so neither
// page may return. Those who have a direct path talk on, and the host's page says what is lost.
func TestPageTalksOnWhenTheRelayHasForgottenIt(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	link := ada.Host("Ada")
	bob := browser.Open(link, chromium.LostRelay...)
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	for _, p := range []*chromium.Tab{ada, bob} {
		p.WaitText("#people .line", "Direct")
	}
	relay.Kill()
	require.NoError(t, os.Remove(filepath.Join(relay.Args[1], "resume.key")))
	require.NoError(t, relay.Process.Start())
	ada.WaitText("#room-state", "Closed to new guests")
	ada.WaitText("#log .note", "You can go on with those who are here.")
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("invite").checkVisibility()`))
	ada.Say("Still here?")
	bob.WaitText("#log .text", "Still here?")
	bob.Say("Yes!")
	ada.WaitText("#log .text", "Yes!")
	bob.WaitText("#log .mark", "Delivered")
	bob.WaitText("#room-state", "You are in")
	require.False(t, chromium.Eval[bool](bob, `document.getElementById("notice").checkVisibility()`))
	ada.Shot("relay-forgot")

	bob.Click("#leave")
	ada.WaitText("#log .note", "Bob left")
	ada.WaitText("#notice", "The relay no longer knows this tab")
	require.True(t, chromium.Eval[bool](ada, `document.getElementById("compose").inert`))
}
