package browser_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
)

// prove says that waits have the length that a user would have, not that of a test.
var prove = os.Getenv("INTERCESSOR_PROVE") == "full"

// A stage is a relay, and pages that talk over it. Each page has a chaos proxy of its own
// in front of the relay, and logs what happens to it for the checker of histories.
type stage struct {
	t       testing.TB
	relay   string // HOST:PORT
	browser *chromium.Browser
	rules   history.Rules
	log     history.Log // what does not happen in a page
	actors  []*actor
}

// An actor is a page on the stage.
type actor struct {
	*chromium.Tab
	proxy *chaos.Proxy
	name  string
	gone  bool // its tab was closed
}

// newStage sets the stage in front of the relay at HOST:PORT.
func newStage(t testing.TB, relay string) *stage {
	t.Helper()
	return newStageIn(t, chromium.Start(t), relay)
}

// newStageIn is newStage in a browser of the test's choice.
func newStageIn(t testing.TB, browser *chromium.Browser, relay string) *stage {
	s := &stage{t: t, relay: strings.TrimPrefix(relay, "http://"), browser: browser}
	s.log.Clock = func() int64 { return time.Now().UnixNano() }
	s.rules.Skew = time.Second // the clocks of tabs agree to a millisecond, but tabs wait for a core
	return s
}

// enter opens a page that has the SDK and is not connected yet.
func (s *stage) enter(name string) *actor {
	s.t.Helper()
	proxy, err := chaos.Listen(s.relay, &chaos.Options{Seed: uint64(len(s.actors))})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, proxy.Close()) })
	a := &actor{proxy: proxy, name: name}
	a.Tab = s.browser.Open("http://"+proxy.Addr()+"/", append([]string{"Back-Forward Cache", "404"}, chromium.LostRelay...)...)
	a.acts()
	s.actors = append(s.actors, a)
	return a
}

// acts prepares the page for what an actor does; a page that is loaded again needs it again.
func (a *actor) acts() {
	a.T.Helper()
	a.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.name = a;`+acting, a.name)
}

// listens makes the page a server peer.
func (a *actor) listens() {
	a.T.Helper()
	a.Do(`globalThis.ln = await sdk.listen(a, { identity: true, paths })
		is(ln.id, ln.id)
		;(async () => { for await (const conn of ln) new Talk(conn) })().catch(() => {})`, "ws://"+a.proxy.Addr()+"/server")
}

// connects connects the page to a host, which may be away.
func (a *actor) connects(host *actor) {
	a.T.Helper()
	a.Do(`const room = b, conn = await sdk.connect(a + room, { identity, paths })
		is(conn.id, room)
		new Talk(conn)`, "ws://"+a.proxy.Addr()+"/client/", chromium.Eval[string](host.Tab, `ln.id`))
}

// joins is connects until both pages have each other.
func (a *actor) joins(host *actor) {
	a.T.Helper()
	a.connects(host)
	a.in("connected")
	host.WaitFor("the guest", `talks.at(-1)?.conn.peerId === a && talks.at(-1).conn.state === "connected"`, chromium.Eval[string](a.Tab, `talks.at(-1).conn.id`))
}

// pair is a host and a guest that are connected, and keep to the relay.
func (s *stage) pair() (host, guest *actor) {
	s.t.Helper()
	return s.pairOn("relay")
}

// pairOn is pair for the paths that both sides allow.
func (s *stage) pairOn(paths string) (host, guest *actor) {
	s.t.Helper()
	host, guest = s.enter("host"), s.enter("guest")
	for _, a := range []*actor{host, guest} {
		a.Do(`globalThis.paths = a`, paths)
	}
	host.listens()
	guest.joins(host)
	return host, guest
}

// streams begins to send so many messages on the newest connection, one every few milliseconds.
func (a *actor) streams(messages, size int, every time.Duration) {
	a.T.Helper()
	a.Do(`talks.at(-1).stream(a, b, c)`, messages, size, every.Milliseconds())
}

// hears waits until the page has received so many messages in all.
func (a *actor) hears(messages int) {
	a.T.Helper()
	a.WaitFor("the messages", `received >= a`, messages)
}

// in waits for a state of the newest connection.
func (a *actor) in(state string) {
	a.T.Helper()
	a.WaitFor(state, `talks.at(-1).conn.state === a`, state)
}

// states are those that the page's newest connection has had after it was connected.
func (a *actor) states() []string {
	a.T.Helper()
	return chromium.Eval[[]string](a.Tab, `talks.at(-1).states`)
}

// fault and heal say to the history what the test does to the network.
func (s *stage) fault(name string) { s.log.Add(history.Event{Kind: history.Fault, Name: name}) }

func (s *stage) heal(name string) { s.log.Add(history.Event{Kind: history.Healed, Name: name}) }

// cut ends the connections of a page and admits none until mend.
func (s *stage) cut(a *actor, by chaos.Kind) {
	s.fault("cut " + by.String())
	a.proxy.SetRefuse(true)
	a.proxy.CutAll(by)
}

func (s *stage) mend(a *actor) {
	a.proxy.SetRefuse(false)
	s.heal("cut")
}

// hurries has the page say all the time that the network has changed while it reconnects,
// as a user may. Each hint begins a new attempt, so there is time for one between two.
func (a *actor) hurries() {
	a.T.Helper()
	a.Do(`setInterval(() => talks[0].conn.state === "reconnecting" && talks[0].conn.networkChanged(), 2500)`)
}

// settled waits until the page knows what became of everything that it sent.
func (a *actor) settled() {
	a.T.Helper()
	a.WaitFor("every outcome", `pending === 0`)
}

// lasts is how long something goes on that is itself what a test is about: a fault that a
// user lives through, or the age of a connection. No result is expected at its end.
func lasts(d time.Duration) { <-time.After(d) }

// plan says what the next connections of a page have to suffer, and from then on none.
func (a *actor) plan(faults ...chaos.Faults) {
	next := a.proxy.Accepted()
	a.proxy.Plan(func(n int) chaos.Faults {
		if n-next < len(faults) {
			return faults[n-next]
		}
		return chaos.Faults{}
	})
}

// judge waits until every message has its outcome, and has the checker look at all that
// the pages logged.
func (s *stage) judge() *history.Report {
	s.t.Helper()
	for _, a := range s.actors {
		if !a.gone {
			a.settled()
		}
	}
	logs := [][]history.Event{s.log.Events()}
	for _, a := range s.actors {
		if !a.gone {
			logs = append(logs, chromium.Eval[[]history.Event](a.Tab, `events`))
		}
	}
	report := history.Check(history.Merge(logs...), s.rules)
	s.t.Logf("%v", report.Kinds)
	require.True(s.t, report.OK(), "the promise is broken:\n%v", report)
	return report
}

// delivered is judge where each of so many messages must have been delivered.
func (s *stage) delivered(messages int) {
	s.t.Helper()
	report := s.judge()
	for kind, n := range map[history.Kind]int{history.Send: messages, history.Receive: messages, history.Delivered: messages} {
		require.Equal(s.t, n, report.Kinds[kind], "%s in the history", kind)
	}
}

// acting is what a page needs to talk and to log. What it logs outlives a reload.
const acting = `
globalThis.events = JSON.parse(sessionStorage.getItem("events") ?? "[]")
globalThis.life = Number(sessionStorage.getItem("life")) + 1
sessionStorage.setItem("life", life)
addEventListener("pagehide", ({ persisted }) => {
	if (!persisted) say("stop", { reason: "killed" })
	sessionStorage.setItem("events", JSON.stringify(events))
})
globalThis.identity = true
globalThis.paths = "relay" // most faults are those of the relay; see stage.direct
globalThis.me = {}; globalThis.talks = []; globalThis.pending = 0; globalThis.received = 0
globalThis.is = (id, room) => { me = { app: name + life, id, room }; say("start") }
globalThis.clock = () => Math.round((performance.timeOrigin + performance.now()) * 1000) * 1000 // nanoseconds
globalThis.say = (kind, fields, at = clock()) => {
	if (kind === "send") at -= 1e6 // the clocks of two tabs differ by less than that
	events.push({ at, kind, ...me, ...fields })
}
globalThis.hash = (text) => { // FNV-1a of the UTF-16
	let h = 0x811c9dc5
	for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
	return text.length + ":" + (h >>> 0)
}
globalThis.Talk = class {
	seq = 0
	states = []
	outcomes = [] // kind, or kind and reason
	constructor(conn) {
		this.conn = conn
		this.number = talks.push(this)
		this.say("joined", { protocol: conn.reliable ? "" : "base" })
		for (const type of ["away", "back"]) conn.addEventListener(type, () => this.say(type))
		conn.addEventListener("statechange", () => (this.states.length || conn.state !== "connected") && this.states.push(conn.state))
		this.ended = this.receive()
	}
	say(kind, fields, at) { say(kind, { conn: this.number, peer: this.conn.peerId, ...fields }, at) }
	async receive() {
		try {
			for await (const { type, data } of this.conn) {
				const at = clock() // a hash of megabytes takes its time
				this.say("receive", { from: data.from, seq: data.seq, type, hash: hash(JSON.stringify(data)) }, at)
				received++
			}
		} catch {} // closed says it, too
		const { code, reason } = await this.conn.closed
		const why = code === "given-up" ? code : reason || code
		if (code !== "closed") this.say("gone", { reason: why === "closed" ? "left" : why })
		return code + (reason ? " " + reason : "")
	}
	async send(size) {
		const seq = ++this.seq, type = ["chat", "x", "game-state"][seq % 3]
		const data = { from: me.app + "/" + this.number, seq, pad: "\"ü ".repeat(size / 4) }
		this.say("send", { seq, type, hash: hash(JSON.stringify(data)) })
		pending++
		const settled = ({ kind, reason }) => {
			pending--
			this.say(kind, { seq, reason })
			this.outcomes.push(reason ? kind + " " + reason : kind)
		}
		try {
			(await this.conn.send({ type, data })).outcome.then(settled)
		} catch ({ code }) {
			settled({ kind: "refused", reason: code })
		}
	}
	async stream(messages, size, every) {
		pending++ // until the last one was sent
		for (let n = 0; n < messages; n++) {
			await this.send(size)
			if (every) await new Promise((resolve) => setTimeout(resolve, every))
		}
		pending--
	}
}
`
