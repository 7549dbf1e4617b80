package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/web"
)

// TestFilesThatGoWrong: whatever a peer does with a file, the page says it in a
// sentence and holds no more than it should.
func TestFilesThatGoWrong(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	page := startBrowser(t).open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.host("Ada"), "#")
	conn := dial(t, relay, id)
	native := &chatter{t, within(t), conn}
	native.says("name", "Gopher")
	page.direct()

	receives := func(messages ...string) *sdk.Channel {
		t.Helper()
		ch, err := conn.OpenChannel(native.ctx, "file")
		require.NoError(t, err)
		for _, m := range messages {
			require.NoError(t, ch.Send(native.ctx, []byte(m)))
		}
		return ch
	}
	ends := func(ch *sdk.Channel) {
		t.Helper()
		_, err := ch.Receive(native.ctx)
		require.Error(t, err)
	}
	says := func(name, text string) {
		t.Helper()
		page.sees(name+": "+text, `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes(b))`, name, text)
	}

	// What the page receives.
	ch := receives(`{"name":"huge.iso","size":3000000000}`)
	require.Contains(t, string(native.receives(ch)), `{"refused":`)
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
	other, err := conn.OpenChannel(native.ctx, "another label")
	require.NoError(t, err)
	ends(other)

	// What the page sends.
	sends := func(name string) *sdk.Channel {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
		page.sendFile(path)
		ch, err := conn.AcceptChannel(native.ctx)
		require.NoError(t, err)
		require.JSONEq(t, `{"name":"`+name+`","size":7}`, string(native.receives(ch)))
		require.Equal(t, "content", string(native.receives(ch)))
		return ch
	}
	native.sends(sends("unwanted.txt"), map[string]string{"refused": "the disk is full"})
	says("unwanted.txt", "Refused: the disk is full")
	native.sends(sends("damaged.txt"), map[string]any{"received": 7, "sha256": strings.Repeat("0", 64)})
	says("damaged.txt", "Damaged on the way")
	native.sends(sends("nonsense.txt"), []int{1})
	says("nonsense.txt", "Damaged on the way")
	require.NoError(t, sends("broken.txt").Close())
	says("broken.txt", "Interrupted")

	// A received file can be thrown away.
	ch = receives(`{"name":"kept.txt","size":2}`, "ab")
	native.receives(ch)
	says("kept.txt", "Received and checked.")
	page.click("#log .cancel:not([hidden])")
	says("kept.txt", "Discarded.")
}

// TestPageWithoutADirectPath: with a guest that takes no part in WebRTC, chat goes
// on and a file cannot go; both are said.
func TestPageWithoutADirectPath(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	page := startBrowser(t).open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.host("Ada"), "#")
	guest := relay.raw("/client/" + id)
	guest.text(`{"to":%q,"type":"name","message":"Old Timer"}`, id)
	page.says("#people .name", "Old Timer")
	page.sees("the relay as the path", `document.querySelector("[data-path=looking]")`)
	guest.text(`{"to":%q,"type":"OFFER","message":{"type":"offer","sdp":"nonsense"}}`, id)
	page.says("#people .relayed", "No direct path, so no files.")

	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	page.sendFile(path)
	page.says("#log .outcome", "No direct path was found")
	guest.text(`{"to":%q,"type":"chat","message":{"text":"still here","name":"x"}}`, id)
	page.says("#log .text", "still here")
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
	page := startBrowser(t).open(server.URL+"/", "Failed to load resource")
	page.click("#start-room")
	page.says("#notice", "The build is missing: run `make wasm`.")
}
