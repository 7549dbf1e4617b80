package browser_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/tab"
)

// onDisk is how many received files the browser stores for the page's site.
const onDisk = `(async () => {
	let files = 0;
	const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("files", { create: true });
	for await (const folder of root.values()) for await (const _ of folder.keys()) files++;
	return files;
})()`

// TestReceivedFilesOutliveAReload: a page that is loaded again shows the files that came before, and goes on with
// one of which a part came. A tab beside it leaves them alone, and takes them over when the first is closed.
func TestReceivedFilesOutliveAReload(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Open(relay.HTTP + "/")
	bob, id := meetBob(t, relay, ada)
	bob.GiveFile("photo.jpg", []byte("a photo"))
	bob.GiveFile("saved.txt", []byte("ab"))
	bob.GiveFile("discarded.txt", []byte("ab"))
	outcome(ada, "discarded.txt", "Received and checked.")
	ada.WaitText("#received", "3 files are not saved")
	ada.Shot("received")
	ada.DownloadTo(t.TempDir())
	press(ada, "saved.txt", "save")
	press(ada, "discarded.txt", "cancel")
	outcome(ada, "discarded.txt", "Discarded.")
	ada.WaitFor("that the file is gone", onDisk+`.then((files) => files === 2)`)

	const part = 3 << 20
	_, content := newFile(t, "film.mp4", part+1000)
	film := map[string]any{"name": "film.mp4", "size": len(content), "modified": 1_700_000_000_000}
	f := bob.OpenFile(film)
	require.JSONEq(t, `{"from":0}`, f.Line())
	f.Say(map[string]int{"from": 0}, string(content[:part]))
	ada.WaitText("#log .rate", "3.1")
	ada.Do(`const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("files");
		const folder = await root.getDirectoryHandle("odd", { create: true });
		await folder.getFileHandle("file", { create: true });
		localStorage.setItem("file:odd/file", '{"name":"odd.txt","size":1}')`)
	ada.AnswerDialog(true, `location.reload()`) // the transfer would be interrupted
	for name, text := range map[string]string{"photo.jpg": "Received and checked.", "film.mp4": "It goes on from here when it is sent again."} {
		outcome(ada, name, text)
	}
	ada.Shot("after-reload")
	outcome(ada, "saved.txt", "Received and checked.") // the browser may not have saved it
	require.True(t, chromium.Eval[bool](ada, `document.getElementById("received").hidden`), "one file is not saved")
	ada.WaitFor("that a folder without a file is gone", `navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("files"))
		.then((files) => files.getDirectoryHandle("odd")).then(() => false, () => true)`)

	beside := ada.Duplicate()
	beside.WaitText("#again", "Join as a guest")
	beside.Click("#again")
	beside.WaitText("#room-state", "You are in")
	beside.WaitFor("that it has looked for files", `import("./disk.js").then(({ leftovers }) => leftovers()).then((found) => found.length === 0)`)

	f = sdkpeer.NewChatter(t, dial(t, relay, id)).OpenFile(film)
	var there struct {
		From   int
		SHA256 string
	}
	require.NoError(t, f.JSON(&there))
	require.GreaterOrEqual(t, there.From, 2<<20)
	require.Equal(t, sdkpeer.Sum(content[:there.From]), there.SHA256)
	f.Say(map[string]int{"from": there.From}, string(content[there.From:]), map[string]string{"sha256": sdkpeer.Sum(content)})
	require.NoError(t, f.CloseWrite())
	require.JSONEq(t, sdkpeer.Received(content), f.Line())
	outcome(ada, "film.mp4", "Received and checked.")
	require.True(t, chromium.Eval[bool](ada, `dispatchEvent(new Event("beforeunload", { cancelable: true }))`), "nothing would be lost")

	ada.Close()
	beside.Prelude(`{
		const { createObjectURL } = URL;
		globalThis.made = [];
		URL.createObjectURL = (file) => createObjectURL.call(URL, (made.push(file), file));
	}`)
	beside.Reload()
	outcome(beside, "photo.jpg", "Received and checked.")
	outcome(beside, "film.mp4", "Received and checked.")
	require.Equal(t, "a photo", chromium.Eval[string](beside, `made.find(({ name }) => name === "photo.jpg").text()`))

	beside.Navigate("about:blank")
	beside.Navigate(relay.HTTP + "/")
	beside.WaitText("#start-files", "3 files that you received before are here.")
	beside.Shot("start-files")
	beside.Host("Ada")
	outcome(beside, "film.mp4", "Received and checked.")
}

// fill leaves the page's site so many bytes to store.
func fill(p *chromium.Tab, left float64) {
	p.T.Helper()
	quota := left + chromium.Eval[float64](p, `navigator.storage.estimate().then(({ usage }) => usage)`)
	require.NoError(p.T, chromedp.Do(p.Ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{
			Origin: chromium.Eval[string](p, `location.origin`), QuotaSize: &quota,
		})
		return err
	})))
}

// TestADiskThatIsFull: a file for which there is no space is refused when it is offered; and when the space goes while it
// comes, both sides are told. Then what has come of it takes no space.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Attach(t, chromium.Start(t).Ctx) // the disk of a private window, as other tests have, is its memory
	ada.Prelude(tab.Accepting)
	ada.SetViewport(1280, 800, "light")
	ada.Navigate(relay.HTTP + "/")
	_, id, _ := strings.Cut(ada.Host("Ada"), "#")
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	large := bob.OpenFile(map[string]any{"name": "large.mp4", "size": 9_000_000_000_000_000})
	outcome(ada, "large.mp4", "too large for this browser to keep")
	require.False(t, chromium.Eval[bool](ada, `Boolean(document.querySelector("#log .accept"))`))
	press(ada, "large.mp4", "decline")
	require.Contains(t, large.Line(), `"declined":true`)
	f := bob.OpenFile(map[string]any{"name": "film.mp4", "size": 40_000_000})
	require.JSONEq(t, `{"from":0}`, f.Line())
	f.Say(map[string]int{"from": 0})
	fill(ada, 1e6)
	go func() { _, _ = f.Write(make([]byte, 40_000_000)) }() // until it is refused
	require.JSONEq(t, `{"refused":"the receiver's disk is full"}`, f.Line())
	outcome(ada, "film.mp4", "Ended: the disk is full.")
	ada.WaitFor("that the part is gone", onDisk+`.then((files) => files === 0)`)
}

// places are the pickers of a browser that has them, with folders of the page's own storage: a browser without
// a window has no dialog.
const places = `
	globalThis.chosen = () => navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("chosen", { create: true }));
	globalThis.showDirectoryPicker = chosen;
	globalThis.showSaveFilePicker = async ({ suggestedName }) => (await chosen()).getFileHandle(suggestedName, { create: true });
	globalThis.textOf = async (path) => {
		const [name, ...folders] = path.split("/").reverse();
		let at = await chosen();
		for (const folder of folders.reverse()) at = await at.getDirectoryHandle(folder);
		return (await (await at.getFileHandle(name)).getFile()).text();
	};`

// TestFilesGoWhereTheUserWants: where the browser can, a file or a set is written straight to a chosen place, and
// received files are saved together into a folder. Nothing there is overwritten, and names are such that any disk takes them.
func TestFilesGoWhereTheUserWants(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := chromium.Start(t).Blank()
	ada.Prelude(places)
	ada.Navigate(relay.HTTP + "/")
	bob, _ := meetBob(t, relay, ada)
	ada.Hesitate()
	gives := func(offer map[string]any, content, entry, button string) {
		t.Helper()
		offer["size"] = len(content)
		f := bob.OpenFile(offer)
		if button != "" {
			press(ada, entry, button)
		}
		require.JSONEq(t, `{"from":0}`, f.Line())
		f.Say(map[string]int{"from": 0}, content, map[string]string{"sha256": sdkpeer.Sum([]byte(content))})
		require.NoError(t, f.CloseWrite())
		require.JSONEq(t, sdkpeer.Received([]byte(content)), f.Line())
		f.Ends()
	}
	text := func(path string) string {
		t.Helper()
		return chromium.Eval[string](ada, `textOf(a)`, path)
	}
	gives(map[string]any{"name": "one.txt"}, "one", "one.txt", "place")
	outcome(ada, "one.txt", "Received, checked and saved.")
	require.Equal(t, "one", text("one.txt"))
	of := map[string]any{"id": "set", "files": 2, "size": 6}
	gives(map[string]any{"name": "one.txt", "of": of}, "two", "2 files", "place")
	gives(map[string]any{"name": "con.txt", "folder": "a/../b", "of": of}, "six", "", "")
	require.Equal(t, "two", text("one (2).txt"))
	require.Equal(t, "six", text("a/file/b/_con.txt"))
	require.Zero(t, chromium.Eval[int](ada, onDisk))

	gives(map[string]any{"name": "one.txt"}, "seven", "one.txt", "accept")
	gives(map[string]any{"name": "eight.txt"}, "eight", "eight.txt", "always")
	ada.WaitText("#received", "2 files are not saved")
	ada.Click("#save-all")
	ada.WaitFor("that all is saved", `document.getElementById("received").hidden`)
	require.Equal(t, "seven", text("one (3).txt"))
	require.Equal(t, "eight", text("eight.txt"))
	require.Equal(t, "same, same (2)", chromium.Eval[string](ada, `import("./place.js").then(async ({ pickFolder }) => {
		const place = await pickFolder();
		return (await Promise.all([place("same"), place("same")])).map(({ name }) => name).join(", ");
	})`))

	names := map[string]string{
		"a\x00b\u202egpj.exe": "abgpj.exe", "CON": "_CON", "aux.tar.gz": "_aux.tar.gz", "what?.txt": "what_.txt", "dots...": "dots",
		"../../etc/passwd": "passwd", "..": "file", "\n": "file", "console.log": "console.log",
	}
	for name, clean := range names {
		require.Equal(t, clean, chromium.Eval[string](ada, `import("./format.js").then(({ cleanFileName }) => cleanFileName(a))`, name), "%q", name)
	}
}
