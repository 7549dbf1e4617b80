package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/sdk/sdktest"
	"github.com/sebas642/intercessor/web"
)

// window is how long an impatient relay waits for who is away.
const window = 2 * time.Second

// impatient is a stage whose relay has that window, which relayd has no flag for.
func impatient(t testing.TB) *stage {
	r := relay.New(relay.Config{Window: window})
	mux := http.NewServeMux()
	mux.Handle("/server", r)
	mux.Handle("/client/{id}", r)
	mux.Handle("/", web.Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		_ = r.Shutdown(patience.Context(t))
		server.Close()
	})
	s := newStage(t, server.URL)
	s.rules.Window = window
	return s
}

// notes says to the history that a page has lost the relay, or has it back.
func (s *stage) notes(a *actor, kind history.Kind) {
	s.t.Helper()
	e := chromium.Eval[history.Event](a.Tab, `me`)
	e.Kind = kind
	s.log.Add(e)
}

// outcomes are those of the page's newest connection, each once.
func (a *actor) outcomes() []string {
	a.T.Helper()
	return chromium.Eval[[]string](a.Tab, `[...new Set(talks.at(-1).outcomes)].sort()`)
}

// TestTabAwayForTooLong: who is away for longer than the window is gone. Both sides are told
// so of every message, and can begin anew.
func TestTabAwayForTooLong(t *testing.T) {
	t.Parallel()
	s := impatient(t)
	host, guest := s.pair()
	s.notes(guest, history.Lost)
	s.cut(guest, chaos.RST)
	host.in("reconnecting")
	host.streams(5, 100, 0)
	guest.streams(5, 100, 0)
	require.Equal(t, "peer-gone timeout", chromium.Eval[string](host.Tab, `talks[0].ended`))
	require.Equal(t, []string{"refused timeout"}, host.outcomes(), "they never left")
	require.Empty(t, guest.outcomes())

	s.mend(guest)
	require.Equal(t, "given-up timeout", chromium.Eval[string](guest.Tab, `talks[0].ended`))
	s.notes(guest, history.Resumed)
	for _, outcome := range guest.outcomes() { // unknown is what has met the new link's end
		require.Contains(t, []string{"refused timeout", "unknown timeout"}, outcome)
	}

	guest.joins(host)
	host.streams(5, 100, 0)
	guest.streams(5, 100, 0)
	guest.hears(5)
	host.hears(5)
	report := s.judge()
	require.Equal(t, 10, report.Kinds[history.Delivered])
	require.Equal(t, 10, report.Kinds[history.Unknown]+report.Kinds[history.Refused])
}

// TestTabClosedWhileAway: a guest's network goes, and its user closes the tab. The host is
// told of each message that it has not got.
func TestTabClosedWhileAway(t *testing.T) {
	t.Parallel()
	s := impatient(t)
	host, guest := s.pair()
	s.notes(guest, history.Lost)
	s.cut(guest, chaos.RST)
	guest.gone = true
	stop := chromium.Eval[history.Event](guest.Tab, `me`)
	logged := chromium.Eval[[]history.Event](guest.Tab, `events`)
	guest.Close()
	for _, e := range logged {
		s.log.Add(e)
	}
	stop.Kind, stop.Reason = history.Stop, "killed"
	s.log.Add(stop)
	host.in("reconnecting")
	host.streams(5, 100, 0)
	require.Equal(t, "peer-gone timeout", chromium.Eval[string](host.Tab, `talks[0].ended`))
	require.Equal(t, []string{"refused timeout"}, host.outcomes())
	require.Equal(t, 5, s.judge().Kinds[history.Refused])
}

// TestTabKickedWhileAway: a host sends a guest away whose network is gone. It learns that
// when it is back, and the host at once; another guest is not harmed.
func TestTabKickedWhileAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	other := s.enter("other")
	other.joins(host)
	s.cut(guest, chaos.RST)
	guest.in("reconnecting")
	guest.streams(3, 100, 0)
	host.Do(`await talks[0].stream(3, 100, 0); talks[0].say("close"); await talks[0].conn.kick()`)
	require.Equal(t, "peer-gone kicked", chromium.Eval[string](host.Tab, `talks[0].ended`))
	s.mend(guest)
	require.Equal(t, "kicked", chromium.Eval[string](guest.Tab, `talks[0].ended.then((why) => why.split(" ")[0])`))
	require.Equal(t, []string{"refused relay"}, guest.outcomes())
	require.Equal(t, "refused kicked", chromium.Eval[string](host.Tab, `[...new Set(talks[0].outcomes)].join()`))
	other.streams(5, 100, 0)
	host.streams(5, 100, 0)
	other.hears(5)
	host.hears(5)
	require.Equal(t, 10, s.judge().Kinds[history.Delivered])
}

// TestTabAndABasePeer: with a peer that does not speak v1 nothing is promised, and that is
// said: of the connection, of every message, and when the peer is gone.
func TestTabAndABasePeer(t *testing.T) {
	t.Parallel()
	server := relayproc.Start(t)
	s := newStage(t, server.HTTP)
	raw, err := sdktest.Dial(patience.Context(t), server.WS+"/server", &sdktest.Options{Base: true})
	require.NoError(t, err)
	defer raw.Close()
	page := s.enter("page")
	page.Do(`globalThis.conn = await sdk.connect(a); globalThis.got = []
		globalThis.over = (async () => { for await (const m of conn) got.push(m.data) })().then(() => conn.closed)`,
		"ws://"+page.proxy.Addr()+"/client/"+string(raw.Hello().ID))
	require.Equal(t, []any{false, "connected"}, chromium.Eval[[]any](page.Tab, `[conn.reliable, conn.state]`))
	require.Equal(t, "unknown no-link", chromium.Eval[string](page.Tab, `conn.send({ type: "n", data: 1 })
		.then(({ outcome }) => outcome).then(({ kind, reason }) => kind + " " + reason)`))
	peer, message := sdkpeer.Await(t, raw, "n")
	require.Equal(t, "1", string(message))
	require.NoError(t, raw.Send(patience.Context(t), peer, "n", []byte(`2`)))
	page.WaitFor("the answer", `got.join() === "2"`)

	// The page recovers from its own loss, but messages sent in between may be lost.
	page.Do(`globalThis.states = []; conn.addEventListener("statechange", () => states.push(conn.state))`)
	page.proxy.CutAll(chaos.RST)
	page.WaitFor("that it is back", `states.join() === "reconnecting,connected"`)
	page.Do(`await conn.send({ type: "n", data: 3 })`)
	for _, kind := range []string{"gone", "joined", "delivered"} {
		e, err := raw.Receive(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, kind, e.Kind.String())
		message = e.Message
	}
	require.Equal(t, "3", string(message))

	// The base peer's is its end.
	require.NoError(t, raw.Close())
	require.Equal(t, "peer-gone left", chromium.Eval[string](page.Tab, `over.then((why) => why.code + " " + why.reason)`))

	// And the other way round: the page's listener hears of a base client's end at once.
	page.listens()
	client, err := sdktest.Dial(patience.Context(t), strings.Replace(chromium.Eval[string](page.Tab, `ln.url`), page.proxy.Addr(), s.relay, 1), &sdktest.Options{Base: true})
	require.NoError(t, err)
	page.WaitFor("the client", `talks.length === 1 && talks[0].conn.reliable === false`)
	require.NoError(t, client.Close())
	require.Equal(t, "peer-gone left", chromium.Eval[string](page.Tab, `talks[0].ended`))
}

// TestTabFrozenForTooLong: a tab that the browser has stopped loses its network for longer
// than the window. Both sides are told when they can be.
func TestTabFrozenForTooLong(t *testing.T) {
	t.Parallel()
	s := impatient(t)
	if prove { // what a user has
		s = newStage(t, relayproc.Start(t).HTTP)
	}
	host, guest := s.pair()
	s.notes(guest, history.Lost)
	guest.Freeze()
	s.cut(guest, chaos.RST)
	host.in("reconnecting")
	host.streams(5, 100, 0)
	require.Equal(t, "peer-gone timeout", chromium.Eval[string](host.Tab, `talks[0].ended`))
	require.Equal(t, []string{"refused timeout"}, host.outcomes())
	s.mend(guest)
	guest.Thaw()
	require.Equal(t, "given-up timeout", chromium.Eval[string](guest.Tab, `talks[0].ended`))
	s.notes(guest, history.Resumed)
	guest.joins(host)
	host.streams(5, 100, 0)
	guest.hears(5)
	require.Equal(t, 5, s.judge().Kinds[history.Delivered])
}

// TestTabThatLeftIsAway: a guest without an identity (no Web Lock) follows a link. Chromium keeps
// the page and its WebSocket, and answers the relay's pings. The host must still be told
// that the guest is away.
func TestTabThatLeftIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	guest.Do(`globalThis.identity = false`)
	guest.joins(host)
	guest.Navigate("http://" + guest.proxy.Addr() + bare)
	host.in("reconnecting")
}
