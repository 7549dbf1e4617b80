package terminal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A terminal hosts, the page joins by its link; they chat, and a file goes to the
// page and back, byte for byte.
func TestATerminalMeetsThePage(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	page := chromium.Start(t).Open(ada.Expect("link:"))
	page.WaitText("#people .name", "Ada")
	ada.Expect("* Guest") // the name that the page makes up
	page.Rename("Bob")
	require.Contains(t, ada.Expect("* Guest"), "is now called Bob")

	ada.Type("hello, page")
	page.WaitText("#log .message", "hello, page")
	page.Say("hello, terminal")
	require.Equal(t, "hello, terminal", ada.Expect("Bob:"))

	content := writeNoise(t, filepath.Join(ada.Cmd.Dir, "noise.bin"))
	folder := t.TempDir()
	page.DownloadTo(folder)
	ada.Type("/send noise.bin")
	ada.Expect("* Bob has noise.bin")
	page.WaitText("#log .outcome", "Received and checked.")
	page.Click("#log .save")
	saved := filepath.Join(folder, "noise.bin")
	require.Eventually(t, func() bool {
		got, err := os.ReadFile(saved)
		return err == nil && bytes.Equal(content, got)
	}, patience.Max, 20*time.Millisecond, "the page saves what the terminal sent")

	page.SendFile(saved)
	ada.Expect("* Bob offers noise.bin (5.0 MB): /take 1")
	ada.Type("/take 1")
	ada.Expect("* received/noise.bin is there")
	page.WaitText("#log .mine .outcome", "Sent and checked.")
	back, err := os.ReadFile(filepath.Join(ada.Cmd.Dir, "received", "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, back))

	ada.Type("/quit")
	require.Zero(t, ada.Exit(), ada.Stderr())
	page.WaitText("#notice", "The host has left")
}

// The page hosts; a terminal sends it one file, another fetches one from it.
func TestATerminalSendsToThePageAndReceivesFromIt(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	page := chromium.Start(t).Open(relay.HTTP + "/")
	link := page.Host("Ada")
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	folder := filepath.Join(filepath.Dir(path), "folder")
	write(t, folder, map[string]string{"inner/.hidden": "hidden", "second.txt": "second"})
	sender := termproc.Start(t, "send", path, folder, link, "--name", "Bob")
	require.Zero(t, sender.Exit(), sender.Stderr())
	page.WaitText("#log .note", "Bob left")
	require.Equal(t, 3, chromium.Eval[int](page, `[...document.querySelectorAll("#log .outcome")].filter((e) => e.textContent === "Received and checked.").length`))
	require.Contains(t, sender.Stderr(), "The other side has folder/inner/.hidden (6 B).\n")

	receiver := termproc.Start(t, "receive", "--yes", link, "--name", "Cid")
	page.WaitText("#people .name", "Cid")
	page.SendFile(path)
	receiver.Expect("noise.bin")
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	page.WaitText("#log .mine .outcome", "Sent and checked.")
	got, err := os.ReadFile(filepath.Join(receiver.Cmd.Dir, "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
}
