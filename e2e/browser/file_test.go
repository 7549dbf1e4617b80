package browser_test

import (
	"io"
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
	"github.com/sebas642/intercessor/web"
)

// TestFilesThatGoWrong: whatever a peer does with a file, the page says it in a
// sentence and holds no more than it should.
func TestFilesThatGoWrong(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Blank()
	page.Prelude(`delete globalThis.showSaveFilePicker`)
	page.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	conn := dial(t, relay, id)
	native := sdkpeer.NewChatter(t, conn)
	native.Say("name", "Gopher")

	says := func(name, text string) {
		t.Helper()
		page.WaitFor(name+": "+text, `[...document.querySelectorAll("#log .transfer")].some((e) => e.textContent.includes(a) && e.textContent.includes(b))`, name, text)
	}
	refuses := func(f *sdkpeer.File, why string) {
		t.Helper()
		require.JSONEq(t, `{"refused":"`+why+`"}`, f.Line())
		f.Ends()
	}
	const damaged = "it was damaged on the way"

	// What the page receives.
	offers := func(name string, size int) *sdkpeer.File {
		t.Helper()
		f := native.OpenFile(map[string]any{"name": name, "size": size})
		require.JSONEq(t, `{"from":0}`, f.Line())
		return f
	}
	require.Contains(t, native.OpenFile(map[string]any{"name": "huge.iso", "size": 9_000_000_000_000_000}).Line(), `{"refused":`)
	says("huge.iso", "Refused: the receiving page holds at most")
	f := offers("longer.txt", 3)
	f.Say(map[string]int{"from": 0}, "abcd", map[string]string{"sha256": sdkpeer.Sum([]byte("abcd"))})
	refuses(f, damaged)
	says("longer.txt", "Damaged")
	f = offers("other.txt", 3)
	f.Say(map[string]int{"from": 0}, "abc", map[string]string{"sha256": sdkpeer.Sum([]byte("abd"))})
	refuses(f, damaged)
	says("other.txt", "Damaged")
	f = offers("elsewhere.txt", 3)
	f.Say(map[string]int{"from": 2})
	refuses(f, damaged)
	f = offers("shorter.txt", 3)
	f.Say(map[string]int{"from": 0}, "ab")
	says("shorter.txt", " of 3")
	require.NoError(t, f.CloseWrite())
	says("shorter.txt", "Interrupted")
	for _, line := range []string{`{"name":"a","size":-1}`, `{"name":"a","size":1.5}`, `{"name":"a"}`, `[]`, `null`, `no JSON`, "\xff", `{"name":"` + strings.Repeat("x", 4096)} {
		refuses(native.OpenFile(line+"\n"), damaged)
	}
	other, err := conn.OpenStream(native.Ctx, "another name")
	require.NoError(t, err)
	answer, err := io.ReadAll(other)
	require.NoError(t, err)
	require.JSONEq(t, `{"refused":"this page takes files only"}`, string(answer))
	ch, err := conn.OpenChannel(native.Ctx, "file")
	require.NoError(t, err)
	_, err = ch.Receive(native.Ctx)
	require.Error(t, err, "a data channel")

	// What the page sends.
	sends := func(name string) *sdkpeer.File {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
		page.SendFile(path)
		f := native.AcceptFile()
		require.Contains(t, f.Line(), `{"name":"`+name+`","size":7,"modified":`)
		return f
	}
	takes := func(name string) *sdkpeer.File {
		t.Helper()
		f := sends(name)
		f.Say(map[string]int{"from": 0})
		require.JSONEq(t, `{"from":0}`, f.Line())
		require.Equal(t, "content", string(f.Content(7)))
		return f
	}
	sends("unwanted.txt").Say(map[string]string{"refused": "the disk is full"})
	says("unwanted.txt", "Refused: the disk is full")
	takes("too-much.txt").Say(map[string]string{"refused": "the disk is full now"})
	says("too-much.txt", "Refused: the disk is full now")
	takes("damaged.txt").Say(map[string]any{"received": 7, "sha256": strings.Repeat("0", 64)})
	says("damaged.txt", "Damaged on the way")
	takes("nonsense.txt").Say([]int{1})
	says("nonsense.txt", "Damaged on the way")
	sends("negative.txt").Say(map[string]int{"from": -1})
	says("negative.txt", "Damaged on the way")
	require.NoError(t, takes("broken.txt").Close())
	says("broken.txt", "Interrupted")

	// A received file can be thrown away.
	native.GiveFile("kept.txt", []byte("ab"))
	says("kept.txt", "Received and checked.")
	page.Do(`[...document.querySelectorAll("#log .transfer")].at(-1).querySelector(".cancel").click()`)
	says("kept.txt", "Discarded.")
}

// TestAnOldPeerTakesNoFiles: with a guest whose program has no byte streams chat goes on, and the
// page says why a file cannot go.
func TestAnOldPeerTakesNoFiles(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP + "/")
	_, id, _ := strings.Cut(page.Host("Ada"), "#")
	guest := rawpeer.Join(t, relay.Addr, "/client/"+id)
	guest.Text(`{"to":%q,"type":"name","message":"Old Timer"}`, id)
	page.WaitText("#people .name", "Old Timer")
	page.WaitFor("the relay as the path", `document.querySelector("[data-path=relay]")`)

	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	page.SendFile(path)
	page.WaitText("#log .outcome", "too old to receive files")
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
	page := chromium.Start(t).Open(server.URL+"/", "Failed to load resource", "was preloaded using link preload but not used")
	page.Click("#start-room")
	page.WaitText("#notice", "This relayd has no WebAssembly build: run `make wasm`, rebuild relayd and restart it.")
}
