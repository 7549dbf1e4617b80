package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// dropFile lets go of a file over an element, as a user does who drags it there.
func dropFile(p *chromium.Tab, selector, name string) {
	p.T.Helper()
	p.Do(`const files = new DataTransfer();
		files.items.add(new File(["content"], b));
		const at = [...document.querySelectorAll(a)].at(-1);
		for (const type of ["dragenter", "dragover", "drop"]) {
			const event = new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true});
			at.dispatchEvent(event);
			if (!event.defaultPrevented) throw new Error("the browser would open the file");
			if (type === "dragover") globalThis.hint = document.getElementById("drop-hint")?.innerText;
		}`, selector, name)
}

// drag drops files of the disk in the middle of the page.
func drag(p *chromium.Tab, paths ...string) {
	p.T.Helper()
	require.NoError(p.T, chromedp.Do(p.Ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, typ := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
			data := &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}
			if _, err := cdp.Call(ctx, t, input.DispatchDragEvent, input.DispatchDragEventParams{Type: typ, X: 600, Y: 400, Data: data}); err != nil {
				return err
			}
		}
		return nil
	})))
}

// TestDroppedFilesGoToThoseChosen: for a file dropped outside the rows of people the user chooses among those who
// take files, and one dropped on a row goes to that person; where no one can take it, the page says so. What is pasted or
// attached goes the same way.
func TestDroppedFilesGoToThoseChosen(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	dropFile(ada, "#log", "early.txt")
	ada.WaitText("#log .note", "No one here can receive a file.")

	_, id, _ := strings.Cut(link, "#")
	receives := func(c *sdkpeer.Chatter, name string) {
		t.Helper()
		offer, content := c.TakeFile()
		require.Equal(t, name, offer.Name)
		require.Equal(t, "content", string(content))
	}
	bob := sdkpeer.NewChatter(t, dial(t, relay, id))
	bob.Say("name", "Bob")
	ada.WaitText("#people .name", "Bob")
	dropFile(ada, "#log", "for-the-only-one.txt")
	require.Equal(t, "Drop to send to Bob", chromium.Eval[string](ada, `hint`))
	receives(bob, "for-the-only-one.txt")
	cid := sdkpeer.NewChatter(t, dial(t, relay, id))
	cid.Say("name", "Cid")
	ada.WaitText("#people .name", "Cid")
	dropFile(ada, "#log", "for-all.txt")
	require.Equal(t, "Drop to choose who gets it", chromium.Eval[string](ada, `hint`))
	ada.WaitText("#recipients", "for-all.txt")
	ada.Accessible("the choice of receivers")
	ada.Click("#recipients .primary") // also what Enter does
	ada.WaitText("#recipients .problem", "Choose at least one person.")
	ada.Click("#recipients li:first-child label")
	ada.Click("#recipients li:last-child label")
	ada.Shot("recipients")
	ada.Click("#recipients .primary")
	receives(bob, "for-all.txt")
	receives(cid, "for-all.txt")
	ada.WaitText("#log .from", "You to Bob")
	ada.WaitText("#log .from", "You to Cid")
	dropFile(ada, "#people .takes-files", "for-cid.txt") // the last row
	require.Equal(t, "Drop to send to Cid", chromium.Eval[string](ada, `hint`))
	receives(cid, "for-cid.txt")
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("drop-hint").checkVisibility()`))

	paste := `const data = new DataTransfer();
		if (a) data.items.add(new File(["content"], a));
		if (b) data.setData(b, "something");
		const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
		document.getElementById("text").dispatchEvent(event);
		globalThis.kept = event.defaultPrevented`
	ada.Do(paste, "pasted.png", "")
	ada.WaitText("#recipients", "pasted.png")
	ada.Click("#recipients li:last-child label")
	ada.Click("#recipients .primary")
	receives(cid, "pasted.png")
	ada.Do(paste, "", "application/x-drawing")
	ada.WaitText("#log .note", "neither text nor a file")
	ada.Do(paste, "", "text/plain")
	require.False(t, chromium.Eval[bool](ada, `kept`), "text is for the browser to paste")
	ada.Click("#people .takes-files .send-file") // no dialog: the person is known
	require.False(t, chromium.Eval[bool](ada, `document.getElementById("recipients").open`))

	// A guest's files go to the host; a guest without a door cannot be sent one, and that is said.
	eve := browser.Open(link)
	eve.WaitText("#people .name", "Cid")
	dropFile(eve, "#people .person", "not-for-the-host.txt")
	eve.WaitText("#log .note", "This person cannot receive files.")
	dropFile(eve, "#log", "for-the-host.txt")
	ada.WaitText("#log .file-name", "for-the-host.txt")
	require.NotContains(t, chromium.Eval[string](ada, `document.getElementById("log").innerText`), "not-for-the-host.txt")
}

// TestDroppedFolder: its files go as a set, each with the folder that it is in, as the terminal peer sends them. A folder that
// cannot be sent is not sent in part.
func TestDroppedFolder(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	bob, _ := meetBob(t, relay, ada)

	trip, want := filepath.Join(t.TempDir(), "trip"), map[string]string{}
	write := func(path string) {
		t.Helper()
		file := filepath.Join(trip, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(path), 0o600))
	}
	for n := range 150 { // more than Chromium reads of a folder at once
		path := fmt.Sprintf("day %d/same.txt", n)
		want["trip/"+path] = path
		write(path)
	}
	require.NoError(t, os.Mkdir(filepath.Join(trip, "empty"), 0o700))
	beside := filepath.Join(t.TempDir(), "beside.txt")
	want["/beside.txt"] = "beside"
	require.NoError(t, os.WriteFile(beside, []byte("beside"), 0o600))
	size := 0
	for _, content := range want {
		size += len(content)
	}
	drag(ada, trip, beside)
	got, sets := map[string]string{}, map[sdkpeer.Set]bool{}
	for range want {
		offer, content := bob.TakeFile()
		got[offer.Folder+"/"+offer.Name] = string(content)
		sets[offer.Of] = true
	}
	require.Equal(t, want, got)
	require.Len(t, sets, 1)
	for set := range sets {
		require.Equal(t, sdkpeer.Set{ID: set.ID, Files: len(want), Size: size}, set)
	}

	drag(ada, filepath.Join(trip, "day 0"))
	offer, content := bob.TakeFile()
	require.Equal(t, "day 0/same.txt", offer.Folder+"/"+string(content[len("day 0/"):]))
	require.Equal(t, 1, offer.Of.Files)

	drag(ada, filepath.Join(trip, "empty"))
	ada.WaitText("#log .note", "There is no file in this folder.")
	deep := "deep" + strings.Repeat("/deep", 64) + "/file"
	write(deep)
	drag(ada, trip)
	ada.WaitText("#log .note", "The folder is too large to be sent at once")
	drag(ada, beside)
	offer, _ = bob.TakeFile()
	require.Equal(t, sdkpeer.Offer{Name: "beside.txt", Size: 6, Modified: offer.Modified}, offer, "what comes next")
}

// TestManyFilesAtOnceAllArrive: more files chosen at once than a receiver takes at a time
// wait for their turn.
func TestManyFilesAtOnceAllArrive(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Open(link)
	bob.WaitText("#room-state", "You are in")
	ada.Do(`const files = new DataTransfer();
		for (let n = 0; n < 40; n++) files.items.add(new File([new Uint8Array(300_000)], n + ".jpg"));
		document.getElementById("log").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}));
		globalThis.entries = new Promise((resolve) => new MutationObserver((_, observer) => {
			observer.disconnect();
			resolve([...document.querySelectorAll("#log .mine .file-name")].map((e) => e.textContent).join(" "));
		}).observe(document.getElementById("log"), { childList: true }))`)
	require.Equal(t, "0.jpg 1.jpg 2.jpg 3.jpg 36 files: 4.jpg…", chromium.Eval[string](ada, `entries`))
	bob.WaitFor("all files", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Received and checked.").length === 40`)
	ada.WaitFor("that all have arrived", `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Sent and checked.").length === 40`)
	require.Equal(t, 40, chromium.Eval[int](ada, `document.querySelectorAll("#log .transfer").length`))
}
