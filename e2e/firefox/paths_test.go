package firefox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/tab"
)

// turned makes a page's connections use TURN servers only, and its clock half as fast again. So each
// time between two of Firefox's own requests on a path, 4 to 6 seconds, is as long as the longest or longer.
const turned = `
	const made = RTCPeerConnection
	globalThis.RTCPeerConnection = class extends made { constructor(config) { super({ ...config, iceTransportPolicy: "relay" }) } }
	const now = performance.now.bind(performance)
	performance.now = () => now() * 1.5`

// quietPath is a path through TURN of two people who only chat, on which nothing but Firefox's own
// requests passes. The page shows it as one that is there.
func quietPath(t *testing.T, relay *relayproc.Relay, ada, bob *tab.Tab) {
	ada.Prelude(turned)
	bob.Prelude(turned)
	ada.Navigate(relay.HTTP + "/")
	bob.Navigate(ada.Host("Ada"))
	both := []*tab.Tab{ada, bob}
	for _, p := range both {
		p.Do(`globalThis.paths = new Set()
			new MutationObserver(() => paths.add(document.querySelector("#people .path")?.dataset.path))
				.observe(document.getElementById("people"), { subtree: true, childList: true, characterData: true, attributes: true })`)
	}
	var shown []string
	for range 3 { // a machine that stalls delays a request
		for _, p := range both {
			p.WaitFor("the path", `document.querySelector("#people [data-path=turn]")`)
			p.Do(`paths.clear()`)
		}
		<-time.After(13 * time.Second) // two requests or more
		shown = nil
		for _, p := range both {
			shown = append(shown, tab.Eval[string](p, `[...paths].join()`))
		}
		if slices.Equal(shown, []string{"turn", "turn"}) {
			return
		}
	}
	t.Fatalf("the page shows a path that is not there: %v", shown)
}

// repair ends a direct path in silence. Messages go on over the relay, and directly again once
// the network is mended (W6).
func repair(t *testing.T, relay *relayproc.Relay, server, client *tab.Tab) {
	open(relay, server, client)
	between := tab.NewCable(client)
	meet(relay, server, client)
	client.Do(`conn.pc`) // ask for a path
	takes := func(route string) {
		t.Helper()
		for _, p := range []*tab.Tab{server, client} {
			p.WaitFor("messages by "+route, `conn.path.route === a`, route)
		}
		said := tab.Eval[string](client, `conn.send({ type: "chat", data: "hello" }).then(({ outcome }) => outcome).then(({ kind }) => kind)`)
		require.Equal(t, "delivered", said)
	}
	server.Do(`(async () => { for await (const message of conn); })()`)
	between.Plug()
	takes("direct")
	between.Cut()
	client.Do(`globalThis.sending = setInterval(() => conn.send({ type: "chat", data: "still here?" }), 100)`)
	takes("relay")
	between.Mend()
	require.Eventually(t, func() bool {
		between.Plug() // each attempt has ports of its own
		return tab.Eval[string](client, `conn.path.route`) == "direct"
	}, patience.Max, 100*time.Millisecond)
	takes("direct")
	require.Equal(t, "connected", tab.Eval[string](server, `conn.state`))
}
