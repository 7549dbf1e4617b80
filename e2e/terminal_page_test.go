package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A terminal hosts, the page joins by its link; they chat, and a file goes to the
// page and back, byte for byte.
func TestATerminalMeetsThePage(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startTerminal(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	page := startBrowser(t).open(ada.Shows("link:"))
	page.says("#people .name", "Ada")
	ada.Shows("* Guest") // the name that the page makes up
	page.rename("Bob")
	require.Contains(t, ada.Shows("* Guest"), "is now called Bob")

	ada.Types("hello, page")
	page.says("#log .message", "hello, page")
	page.say("hello, terminal")
	require.Equal(t, "hello, terminal", ada.Shows("Bob:"))

	content := writeNoise(t, filepath.Join(ada.cmd.Dir, "noise.bin"))
	folder := t.TempDir()
	page.downloadsTo(folder)
	ada.Types("/send noise.bin")
	ada.Shows("* Bob has noise.bin")
	page.says("#log .outcome", "Received and checked.")
	page.click("#log .save")
	saved := filepath.Join(folder, "noise.bin")
	require.Eventually(t, func() bool {
		got, err := os.ReadFile(saved)
		return err == nil && bytes.Equal(content, got)
	}, patience, 20*time.Millisecond, "the page saves what the terminal sent")

	page.sendFile(saved)
	ada.Shows("* Bob offers noise.bin (5.0 MB): /take 1")
	ada.Types("/take 1")
	ada.Shows("* received/noise.bin is there")
	page.says("#log .mine .outcome", "Sent and checked.")
	back, err := os.ReadFile(filepath.Join(ada.cmd.Dir, "received", "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, back))

	ada.Types("/quit")
	require.Zero(t, ada.Exits(), ada.Stderr())
	page.says("#notice", "The host has left")
}

// The page hosts; a terminal sends it one file, another fetches one from it.
func TestATerminalSendsToThePageAndReceivesFromIt(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	page := startBrowser(t).open(relay.HTTP + "/")
	link := page.host("Ada")
	path := filepath.Join(t.TempDir(), "noise.bin")
	content := writeNoise(t, path)

	sender := startTerminal(t, "send", path, link, "--name", "Bob")
	page.says("#log .outcome", "Received and checked.")
	require.Zero(t, sender.Exits(), sender.Stderr())
	page.says("#log .note", "Bob left")

	receiver := startTerminal(t, "receive", link, "--name", "Cid")
	page.says("#people .name", "Cid")
	page.sendFile(path)
	receiver.Shows("noise.bin")
	require.Zero(t, receiver.Exits(), receiver.Stderr())
	page.says("#log .mine .outcome", "Sent and checked.")
	got, err := os.ReadFile(filepath.Join(receiver.cmd.Dir, "noise.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
}
