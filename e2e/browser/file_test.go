package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/web"
)

// TestFilesThatGoWrong: whatever a peer does with a file, the page says it in a
// sentence and holds no more than it should.
func TestFilesThatGoWrong(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	conn := dial(t, relay, id)
	native := sdkpeer.NewChatter(t, conn)
	native.Say("name", "Gopher")
	page.WaitDirect()

	receives := func(messages ...string) *sdk.Channel {
		t.Helper()
		ch, err := conn.OpenChannel(native.Ctx, "file")
		require.NoError(t, err)
		for _, m := range messages {
			require.NoError(t, ch.Send(native.Ctx, []byte(m)))
		}
		return ch
	}
	ends := func(ch *sdk.Channel) {
		t.Helper()
		_, err := ch.Receive(native.Ctx)
		require.Error(t, err)
	}
	says := func(name, text string) {
		t.Helper()
		page.WaitFor(name+": "+text, `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes(b))`, name, text)
	}

	// What the page receives.
	ch := receives(`{"name":"huge.iso","size":3000000000}`)
	require.Contains(t, string(native.ReceiveFrom(ch)), `{"refused":`)
	ends(ch)
	says("huge.iso", "Refused: the receiving page holds at most 1.1")
	ends(receives(`{"name":"longer.txt","size":3}`, "abcd"))
	says("longer.txt", "Damaged")
	ch = receives(`{"name":"shorter.txt","size":3}`, "ab")
	says("shorter.txt", " of 3")
	require.NoError(t, ch.Close())
	says("shorter.txt", "Interrupted")
	for _, header := range []string{`{"name":"a","size":-1}`, `{"name":"a","size":1.5}`, `{"name":"a"}`, `[]`, `null`, `no JSON`, "\xff"} {
		ends(receives(header))
	}
	other, err := conn.OpenChannel(native.Ctx, "another label")
	require.NoError(t, err)
	ends(other)

	// What the page sends.
	sends := func(name string) *sdk.Channel {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
		page.SendFile(path)
		ch, err := conn.AcceptChannel(native.Ctx)
		require.NoError(t, err)
		require.JSONEq(t, `{"name":"`+name+`","size":7}`, string(native.ReceiveFrom(ch)))
		require.Equal(t, "content", string(native.ReceiveFrom(ch)))
		return ch
	}
	native.SendOver(sends("unwanted.txt"), map[string]string{"refused": "the disk is full"})
	says("unwanted.txt", "Refused: the disk is full")
	native.SendOver(sends("damaged.txt"), map[string]any{"received": 7, "sha256": strings.Repeat("0", 64)})
	says("damaged.txt", "Damaged on the way")
	native.SendOver(sends("nonsense.txt"), []int{1})
	says("nonsense.txt", "Damaged on the way")
	require.NoError(t, sends("broken.txt").Close())
	says("broken.txt", "Interrupted")

	// A received file can be thrown away.
	ch = receives(`{"name":"kept.txt","size":2}`, "ab")
	native.ReceiveFrom(ch)
	says("kept.txt", "Received and checked.")
	page.Click("#log .cancel:not([hidden])")
	says("kept.txt", "Discarded.")
}

// TestPageWithoutADirectPath: with a guest that takes no part in WebRTC, chat goes
// on and a file cannot go; both are said.
func TestPageWithoutADirectPath(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	guest := rawpeer.Join(t, relay.Addr, "/client/"+id)
	guest.Text(`{"to":%q,"type":"name","message":"Old Timer"}`, id)
	page.WaitText("#people .name", "Old Timer")
	page.WaitFor("the relay as the path", `document.querySelector("[data-path=looking]")`)
	guest.Text(`{"to":%q,"type":"OFFER","message":{"type":"offer","sdp":"nonsense"}}`, id)
	page.WaitText("#people .relayed", "No direct path, so no files.")

	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	page.SendFile(path)
	page.WaitText("#log .outcome", "No direct path was found")
	guest.Text(`{"to":%q,"type":"chat","message":{"text":"still here","name":"x"}}`, id)
	page.WaitText("#log .text", "still here")
}

// TestPageWithoutTheBuild: where `make wasm` has not run, the page says so.
func TestPageWithoutTheBuild(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.HandleFunc("/sdk/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "the build is missing: run `make wasm`", http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	page := chromium.Start(t).Open(server.URL+"/", "Failed to load resource")
	page.Click("#start-room")
	page.WaitText("#notice", "The build is missing: run `make wasm`.")
}
