package browser_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestTabRunsItsRoom: a page says what newcomers get to know, closes its door, and sends a
// client away; the relay's death changes nothing of that, and the listener's state tells of it.
func TestTabRunsItsRoom(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	server := browser.OpenSDK(relay.HTTP, chromium.LostRelay...)
	first, second := browser.OpenSDK(relay.HTTP, chromium.LostRelay...), browser.OpenSDK(relay.HTTP, chromium.LostRelay...)
	server.Do(`globalThis.ln = await sdk.listen(a); globalThis.states = [ln.state]; globalThis.conns = []
		ln.addEventListener("statechange", () => states.push(ln.state))
		ln.addEventListener("joined", ({ connection }) => conns.push(connection))
		globalThis.code = (promise) => promise.then(() => "no error", ({ code }) => code)
		await ln.setInfo({ name: "Ada’s room", seats: [1, null] });`+journal, relay.WS+"/server")
	url := chromium.Eval[string](server, `ln.url`)
	const enter = `sdk.connect(a).then((conn) => { globalThis.conn = conn; return "in" }, ({ code }) => code)`

	require.Equal(t, "in", chromium.Eval[string](first, enter, url))
	require.JSONEq(t, `{"name":"Ada’s room","seats":[1,null]}`, chromium.Eval[string](first, `JSON.stringify(conn.serverInfo)`))
	server.Do(`await ln.setInfo(null)`)
	require.Equal(t, "in", chromium.Eval[string](second, enter, url))
	require.True(t, chromium.Eval[bool](second, `conn.serverInfo === null`))
	server.WaitFor("both", `conns.length === 2`)
	require.True(t, chromium.Eval[bool](server, `conns.every(({ serverInfo }) => serverInfo === null)`))

	// What cannot be.
	require.Equal(t, "invalid", chromium.Eval[string](server, `code(ln.setInfo())`))
	require.Equal(t, "invalid", chromium.Eval[string](server, `code(ln.setInfo("x".repeat(4095)))`))
	require.Equal(t, "invalid", chromium.Eval[string](first, `conn.kick().catch(({ code }) => code)`), "a client kicks nobody")

	// The door is shut, also to those who come after the relay has forgotten it.
	server.Do(`await ln.setInfo("shut"); await ln.setOpen(false)`)
	stranger := browser.OpenSDK(relay.HTTP, chromium.LostRelay...)
	require.Equal(t, "no-such-server", chromium.Eval[string](stranger, enter, url))
	relay.Restart(func() { server.WaitFor("that the relay is gone", `ln.state === "reconnecting"`) })
	server.WaitFor("the relay", `ln.state === "connected"`)
	for _, p := range []*chromium.Tab{first, second} {
		p.WaitFor("that it is let in again", `conn.state === "connected"`)
	}
	// A relay that has just started tells all clients to try again later (R10).
	// The signal may come in the middle of a handshake, which Chromium reports.
	stranger = browser.OpenSDK(relay.HTTP, chromium.LostRelay...)
	require.Equal(t, "aborted", chromium.Eval[string](stranger, `sdk.connect(a, { signal: AbortSignal.timeout(2000) }).then(() => "in", ({ code }) => code)`, url))
	server.Do(`await ln.setOpen(true)`)
	require.Equal(t, "in", chromium.Eval[string](stranger, enter, url))
	require.Equal(t, "shut", chromium.Eval[string](stranger, `conn.serverInfo`))

	// Only the kicked client is removed.
	id := chromium.Eval[string](second, `conn.id`)
	server.Do(`await conns.find(({ peerId }) => peerId === a).kick()`, id)
	require.Equal(t, "kicked", chromium.Eval[string](second, `conn.closed.then(({ code }) => code)`))
	require.Equal(t, "closed", chromium.Eval[string](second, `conn.state`))
	server.WaitFor("that it is gone", `heard.includes("gone " + a + " kicked")`, id)
	require.Equal(t, "delivered", chromium.Eval[string](first, `conn.send({ type: "a", data: 1 }).then(({ outcome }) => outcome).then(({ kind }) => kind)`))

	server.Do(`ln.close()`)
	require.Equal(t, "closed", chromium.Eval[string](server, `ln.closed.then(({ code }) => code)`))
	require.Equal(t, []string{"connected", "reconnecting", "connected", "closed"}, chromium.Eval[[]string](server, `states`))
	require.Equal(t, "closed", chromium.Eval[string](server, `code(ln.setOpen(true))`))
	first.WaitFor("that the server is gone", `conn.state === "closed"`)
	require.True(t, chromium.Eval[bool](first, `conn.close() ?? conn.serverInfo !== undefined`), "it does not throw")
}
