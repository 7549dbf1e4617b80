package browser_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestTabMovesToAnotherRelay: relayd is told to end, and another one with the same key takes
// over behind the same address. No message is lost, and no peer is told that another is gone.
func TestTabMovesToAnotherRelay(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	first := relayproc.Start(t, "--state-dir", state, "--drain", "1s")
	second := relayproc.Start(t, "--state-dir", state)
	var target atomic.Pointer[url.URL]
	goTo := func(relay *relayproc.Relay) {
		u, err := url.Parse(relay.HTTP)
		require.NoError(t, err)
		target.Store(u)
	}
	goTo(first)
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target.Load())
		r.Out.Host = r.In.Host // the relay compares it with the page's origin
	}})
	t.Cleanup(balancer.Close)
	s := newStage(t, balancer.URL)
	host, guest := s.pair()
	host.streams(200, 100, 10*time.Millisecond)
	guest.streams(200, 100, 10*time.Millisecond)
	guest.hears(20)
	s.fault("drain")
	goTo(second)
	first.Signal(syscall.SIGTERM)
	require.Zero(t, first.Exit(patience.Max))
	s.heal("drain")
	guest.hears(200)
	host.hears(200)
	s.delivered(400)
}

// TestTabSendsBeforeItsHostAnswers: a guest comes while the host's network is gone, waits,
// and writes as soon as it is let in. The host, whose line is late, gets all of it.
func TestTabSendsBeforeItsHostAnswers(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	s.cut(host, chaos.RST)
	host.WaitFor("that it is away", `ln.state === "reconnecting"`)
	guest.Do(`globalThis.entered = false; globalThis.states = []
		sdk.connect(a + b).then((conn) => {
			is(conn.id, b)
			entered = conn.state
			new Talk(conn).stream(300, 500, 0)
		})`, "ws://"+guest.proxy.Addr()+"/client/", chromium.Eval[string](host.Tab, `ln.id`))
	lasts(time.Second)
	require.False(t, chromium.Eval[bool](guest.Tab, `entered`))
	host.proxy.SetFaults(chaos.Faults{Up: chaos.Way{Delay: 300 * time.Millisecond}})
	s.mend(host)
	guest.WaitFor("that it is let in", `entered`)
	require.Equal(t, "connecting", chromium.Eval[string](guest.Tab, `entered`))
	guest.in("connected")
	host.hears(300)
	s.delivered(300)
}

// TestTabReloadsUnderFire: a guest loads its page again while messages are on their way to
// it, over a late line. The host is told of each what became of it, and goes on with the page that comes back.
func TestTabReloadsUnderFire(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	guest.proxy.SetFaults(chaos.Faults{Down: chaos.Way{Delay: 100 * time.Millisecond}})
	guest.joins(host)
	host.streams(200, 1000, 5*time.Millisecond)
	guest.streams(200, 1000, 5*time.Millisecond)
	guest.hears(30)
	guest.Reload()
	guest.acts()
	guest.joins(host)
	require.Equal(t, "restarted restarted", chromium.Eval[string](host.Tab, `talks[0].ended`))
	host.streams(20, 100, 0)
	guest.streams(20, 100, 0)
	guest.hears(20)
	report := s.judge()
	require.NotZero(t, report.Kinds[history.Unknown]+report.Kinds[history.Refused], "some were on their way")
}

// TestTabOfHostReloadsWhileGuestIsAway: the host loads its page again while a guest has no
// network and writes. The guest learns of each message that it was not delivered.
func TestTabOfHostReloadsWhileGuestIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	guest.streams(5, 100, 0)
	guest.settled()
	s.cut(guest, chaos.RST)
	guest.in("reconnecting")
	guest.streams(5, 100, 0)
	room := chromium.Eval[string](host.Tab, `ln.id`)
	host.Reload()
	host.acts()
	host.listens()
	require.Equal(t, room, chromium.Eval[string](host.Tab, `ln.id`))
	s.mend(guest)
	require.Equal(t, "restarted restarted", chromium.Eval[string](guest.Tab, `talks[0].ended`))
	require.Subset(t, []string{"delivered", "refused restarted", "unknown restarted"}, guest.outcomes())
	guest.joins(host)
	guest.streams(5, 100, 0)
	host.hears(5)
	require.Equal(t, 10, s.judge().Kinds[history.Delivered])
}

// TestTabOfHostIsDuplicated: the copy of a host's page is another host, and the first one's
// conversation goes on.
func TestTabOfHostIsDuplicated(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	host.streams(150, 100, 10*time.Millisecond)
	guest.streams(150, 100, 10*time.Millisecond)
	copied := host.Duplicate()
	copied.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.ln = await sdk.listen(a, { identity: true })`, "ws://"+host.proxy.Addr()+"/server")
	require.NotEqual(t, chromium.Eval[string](host.Tab, `ln.id`), chromium.Eval[string](copied, `ln.id`))
	guest.hears(150)
	host.hears(150)
	require.NotContains(t, guest.states(), "reconnecting")
	require.Equal(t, "connected", chromium.Eval[string](host.Tab, `ln.state`))
	s.delivered(300)
}

// TestTabGoesBack: a guest follows a link and comes back. The browser may have kept the page
// or not; nothing is lost that the page had not got.
func TestTabGoesBack(t *testing.T) {
	t.Parallel()
	s := newStageIn(t, chromium.StartWhole(t), relayproc.Start(t).HTTP)
	host, guest := s.enter("host"), s.enter("guest")
	host.listens()
	guest.Do(`globalThis.identity = false // with a Web Lock Chromium keeps no page
		addEventListener("pageshow", ({ persisted }) => globalThis.persisted = persisted)`)
	guest.joins(host)
	host.streams(5, 100, 0)
	guest.hears(5)
	guest.Navigate("http://" + guest.proxy.Addr() + bare)
	host.streams(5, 100, 0)
	guest.Do(`setTimeout(() => history.back())`)
	require.Eventually(t, func() bool { // what is evaluated while it goes back is an error
		kept, err := chromedp.Run(guest.Ctx, chromedp.Evaluate[bool](`globalThis.persisted === true`))
		return err == nil && kept
	}, patience.Max, 20*time.Millisecond, "the browser did not keep the page")
	guest.hears(10)
	guest.streams(5, 100, 0)
	host.hears(5)
	s.delivered(15)
}

// TestTabSendsAFileWithoutTheRelay: what goes over a data channel goes on while the relay is
// dead, and the messages go as soon as it is back.
func TestTabSendsAFileWithoutTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay.HTTP)
	host, guest := s.pairOn("auto")
	host.Do(`globalThis.digest = async (bytes) => btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))))
		globalThis.file = (async () => {
			const parts = []
			for await (const channel of talks[0].conn.channels) {
				channel.onmessage = ({ data }) => parts.push(data)
				await new Promise((resolve) => (channel.onclose = resolve))
				return digest(await new Blob(parts).arrayBuffer())
			}
		})()`)
	guest.Do(`globalThis.channel = await talks[0].conn.openChannel("file")`)
	s.fault("SIGKILL")
	relay.Restart(func() {
		host.WaitFor("that the relay is gone", `ln.state === "reconnecting"`)
		guest.streams(20, 100, 0)
		host.streams(20, 100, 0)
		guest.hears(20)
		host.hears(20)
		guest.Do(`const bytes = new Uint8Array(4 << 20)
			for (let i = 0; i < bytes.length; i += 1 << 16) {
				crypto.getRandomValues(bytes.subarray(i, i + (1 << 16)))
				channel.send(bytes.subarray(i, i + (1 << 16)))
			}
			globalThis.sum = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))))
			channel.close()`)
		require.Equal(t, chromium.Eval[string](guest.Tab, `sum`), chromium.Eval[string](host.Tab, `file`))
		require.Equal(t, "reconnecting", chromium.Eval[string](host.Tab, `ln.state`))
	})
	s.heal("SIGKILL")
	s.delivered(40)
}
