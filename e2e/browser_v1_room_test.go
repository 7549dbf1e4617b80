package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTabRunsItsRoom: a page says what newcomers get to know, closes its door, and sends a
// client away; the relay's death changes nothing of that, and the listener's state tells of it.
func TestTabRunsItsRoom(t *testing.T) {
	t.Parallel()
	relay := startMortalRelay(t)
	browser := startBrowser(t)
	server := browser.sdkTab(relay.relayProcess, lostRelay...)
	first, second := browser.sdkTab(relay.relayProcess, lostRelay...), browser.sdkTab(relay.relayProcess, lostRelay...)
	server.do(`globalThis.ln = await sdk.listen(a); globalThis.states = [ln.state]; globalThis.conns = []
		ln.addEventListener("statechange", () => states.push(ln.state))
		ln.addEventListener("joined", ({ connection }) => conns.push(connection))
		globalThis.code = (promise) => promise.then(() => "no error", ({ code }) => code)
		await ln.setInfo({ name: "Ada’s room", seats: [1, null] });`+journal, relay.WS+"/server")
	url := eval[string](server, `ln.url`)
	const enter = `sdk.connect(a).then((conn) => { globalThis.conn = conn; return "in" }, ({ code }) => code)`

	require.Equal(t, "in", eval[string](first, enter, url))
	require.JSONEq(t, `{"name":"Ada’s room","seats":[1,null]}`, eval[string](first, `JSON.stringify(conn.serverInfo)`))
	server.do(`await ln.setInfo(null)`)
	require.Equal(t, "in", eval[string](second, enter, url))
	require.True(t, eval[bool](second, `conn.serverInfo === null`))
	server.sees("both", `conns.length === 2`)
	require.True(t, eval[bool](server, `conns.every(({ serverInfo }) => serverInfo === null)`))

	// What cannot be.
	require.Equal(t, "invalid", eval[string](server, `code(ln.setInfo())`))
	require.Equal(t, "invalid", eval[string](server, `code(ln.setInfo("x".repeat(4095)))`))
	require.Equal(t, "invalid", eval[string](first, `conn.kick().catch(({ code }) => code)`), "a client kicks nobody")

	// The door is shut, also to those who come after the relay has forgotten it.
	server.do(`await ln.setInfo("shut"); await ln.setOpen(false)`)
	stranger := browser.sdkTab(relay.relayProcess)
	require.Equal(t, "no-such-server", eval[string](stranger, enter, url))
	relay.dies(func() { server.sees("that the relay is gone", `ln.state === "reconnecting"`) })
	server.sees("the relay", `ln.state === "connected"`)
	for _, p := range []*tab{first, second} {
		p.sees("that it is let in again", `conn.state === "connected"`)
	}
	// A relay that has just started tells all clients to try again later (R10).
	// The signal may come in the middle of a handshake, which Chromium reports.
	stranger = browser.sdkTab(relay.relayProcess, lostRelay...)
	require.Equal(t, "aborted", eval[string](stranger, `sdk.connect(a, { signal: AbortSignal.timeout(2000) }).then(() => "in", ({ code }) => code)`, url))
	server.do(`await ln.setOpen(true)`)
	require.Equal(t, "in", eval[string](stranger, enter, url))
	require.Equal(t, "shut", eval[string](stranger, `conn.serverInfo`))

	// Only the kicked client is removed.
	id := eval[string](second, `conn.id`)
	server.do(`await conns.find(({ peerId }) => peerId === a).kick()`, id)
	require.Equal(t, "kicked", eval[string](second, `conn.closed.then(({ code }) => code)`))
	require.Equal(t, "closed", eval[string](second, `conn.state`))
	server.sees("that it is gone", `heard.includes("gone " + a + " kicked")`, id)
	require.Equal(t, "delivered", eval[string](first, `conn.send({ type: "a", data: 1 }).then(({ outcome }) => outcome).then(({ kind }) => kind)`))

	server.do(`ln.close()`)
	require.Equal(t, "closed", eval[string](server, `ln.closed.then(({ code }) => code)`))
	require.Equal(t, []string{"connected", "reconnecting", "connected", "closed"}, eval[[]string](server, `states`))
	require.Equal(t, "closed", eval[string](server, `code(ln.setOpen(true))`))
	first.sees("that the server is gone", `conn.state === "closed"`)
	require.True(t, eval[bool](first, `conn.close() ?? conn.serverInfo !== undefined`), "it does not throw")
}
