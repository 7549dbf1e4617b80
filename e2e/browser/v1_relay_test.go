package browser_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// TestTabStreamOutlivesTheRelay: numbered messages between a page and a Go program, both
// ways, while the relay is killed and comes back, and the page's network goes.
func TestTabStreamOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	const messages = 400
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	page := chromium.Start(t).OpenSDK(relay.HTTP, chromium.LostRelay...)
	page.Do(`globalThis.conn = await sdk.connect(a, { paths: "relay" })
		globalThis.got = []; globalThis.states = []; globalThis.kinds = {}
		conn.addEventListener("statechange", () => states.push(conn.state))
		;(async () => { for await (const m of conn) got.push(m.data) })()
		globalThis.sending = (async () => {
			const outcomes = []
			for (let n = 0; n < b; n++) {
				outcomes.push((await conn.send({ type: "n", data: n })).outcome)
				await new Promise((resolve) => setTimeout(resolve, 5)) // so that there are some at each kill
			}
			for (const { kind } of await Promise.all(outcomes)) kinds[kind] = (kinds[kind] ?? 0) + 1
			return kinds
		})()`, ln.ClientURL(), messages)
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	require.True(t, conn.Reliable())

	ctx := patience.Context(t)
	received := make(chan error, 1)
	go func() {
		received <- func() error {
			for n := range messages {
				m, err := conn.Receive(ctx)
				if err != nil {
					return err
				}
				if string(m.Data) != strconv.Itoa(n) {
					return &sdk.LinkError{Why: "got " + string(m.Data) + ", not " + strconv.Itoa(n)}
				}
			}
			return nil
		}()
	}()
	sent := make(chan map[string]int, 1)
	go func() {
		kinds := map[string]int{}
		var receipts []*sdk.Receipt
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for n := range messages {
			<-pace.C
			r, err := conn.Send(ctx, sdk.Message{Type: "n", Data: strconv.AppendInt(nil, int64(n), 10)})
			if err != nil {
				kinds[err.Error()]++
				break
			}
			receipts = append(receipts, r)
		}
		for _, r := range receipts {
			o, _ := r.Outcome(ctx)
			kinds[o.Result.String()]++
		}
		sent <- kinds
	}()

	page.WaitFor("a hundred messages", `got.length > 100`)
	relay.Blip()
	page.WaitFor("more", `got.length > 200`)
	relay.Restart(func() { page.WaitFor("that the relay is gone", `conn.state === "reconnecting"`) })
	page.WaitFor("more", `got.length > 300`)
	page.SetOffline(true)
	page.SetOffline(false)
	page.Do(`conn.networkChanged()`)

	require.Equal(t, map[string]int{"delivered": messages}, chromium.Eval[map[string]int](page, `sending`))
	require.Equal(t, map[string]int{"delivered": messages}, <-sent)
	require.NoError(t, <-received)
	page.WaitFor("all messages", `got.length === a`, messages)
	require.True(t, chromium.Eval[bool](page, `got.every((data, n) => data === n)`), "in order, each once")
	require.Subset(t, chromium.Eval[[]string](page, `states`), []string{"reconnecting", "connected"})

	// A message of megabytes goes through as well, and is cut in two by the relay's death.
	page.Do(`globalThis.large = conn.send({ type: "large", data: "x".repeat(8 << 20) }).then(({ outcome }) => outcome)`)
	relay.Blip()
	m, err := conn.Receive(ctx)
	require.NoError(t, err)
	require.Len(t, m.Data, 8<<20+2)
	require.Equal(t, "delivered", chromium.Eval[string](page, `large.then(({ kind }) => kind)`))
}

// TestTabRoomOutlivesTheRelay: chat and a file go on over the direct path between two pages
// while the relay is dead. The host's page says that new guests must wait.
func TestTabRoomOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	link := ada.Host("Ada")
	bob := browser.Blank(chromium.LostRelay...)
	bob.SetViewport(390, 844, "dark")
	bob.Navigate(link)
	bob.WaitText("#room-state", "You are in")
	bob.Click("#who summary")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	bob.Say("Shall I send the film?")
	ada.WaitText("#log .text", "Shall I send the film?")
	bob.WaitText("#log .mark", "Delivered")
	ada.WaitDirect()

	content := make([]byte, 40<<20)
	_, _ = rand.Read(content)
	film := filepath.Join(t.TempDir(), "film.mp4")
	require.NoError(t, os.WriteFile(film, content, 0o600))
	bob.SendFile(film)
	ada.WaitFor("a part of the film", `document.querySelector("#log progress")?.value > 1 / 20`)
	bob.WaitText("#people .line", "Direct")
	relay.Restart(func() {
		ada.WaitText("#room-state", "The relay is away. New guests must wait.")
		before := chromium.Eval[float64](ada, `document.querySelector("#log progress").value`)
		bob.Say("It is on its way")
		ada.Say("I see it come")
		ada.WaitText("#log .text", "It is on its way")
		bob.WaitText("#log .text", "I see it come")
		bob.WaitText("#room-state", "You are in")
		ada.WaitText("#people .line", "Direct")
		for _, p := range []*chromium.Tab{ada, bob} {
			p.WaitFor("that all has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
		}
		ada.WaitFor("more of the film, without a relay", `document.querySelector("#log progress").value > a`, before)
		ada.Shot("v1-relay-away")
		bob.Shot("v1-relay-away-phone")
	})
	bob.WaitText("#room-state", "You are in")
	ada.WaitText("#room-state", "Your room is open")
	for _, p := range []*chromium.Tab{ada, bob} {
		require.NotContains(t, chromium.Eval[string](p, `document.getElementById("log").innerText`), " left")
	}
	ada.WaitText("#people .line", "Direct")

	folder := t.TempDir()
	ada.DownloadTo(folder)
	bob.WaitText("#log .mine .outcome", "Sent and checked.")
	ada.WaitText("#log .outcome", "Received and checked.")
	ada.Click("#log .save")
	saved := filepath.Join(folder, "film.mp4")
	require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == int64(len(content)) }, patience.Max, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the saved file differs from the one sent")
	ada.Shot("v1-room")
	bob.Shot("v1-room-phone")
}

// TestTabConversationOutlivesReloads: guest and host reload their tabs. Each message in
// between is on both sides once, in order.
func TestTabConversationOutlivesReloads(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	browser := chromium.Start(t)
	ada := browser.Open(relay.HTTP + "/")
	link := ada.Host("Ada")
	bob := browser.Blank()
	bob.SetViewport(390, 844, "light")
	bob.Navigate(link)
	bob.WaitText("#room-state", "You are in")
	bob.Rename("Bob")
	ada.WaitText("#people .name", "Bob")
	ada.Say("one")
	bob.WaitText("#log .text", "one")
	bob.Say("two")
	ada.WaitText("#log .text", "two")
	ada.WaitText("#log .mark", "Delivered")
	bob.WaitText("#log .mark", "Delivered")

	said := func(p *chromium.Tab, words string) {
		t.Helper()
		p.WaitFor(words, `[...document.querySelectorAll("#log .text")].map((e) => e.textContent).join(" ") === a`, words)
	}
	// The guest.
	bob.Do(`setTimeout(() => location.reload())`)
	ada.Say("three")
	said(bob, "one two three")
	ada.WaitFor("that three has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
	require.NotContains(t, chromium.Eval[string](ada, `document.getElementById("log").innerText`), "left")
	require.Equal(t, "Bob", chromium.Eval[string](ada, `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join()`))
	bob.WaitDirect()

	// The host.
	ada.Do(`setTimeout(() => location.reload())`)
	bob.WaitText("#room-state", "Reconnecting…")
	bob.Say("four")
	ada.WaitText("#room-state", "Your room is open")
	require.Equal(t, link, chromium.Eval[string](ada, `document.getElementById("invite-link").value`))
	said(ada, "one two three four")
	said(bob, "one two three four")
	bob.WaitFor("that four has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
	bob.WaitText("#room-state", "You are in")
	ada.Say("five")
	said(bob, "one two three four five")
	ada.Shot("v1-after-reload")

	// Who leaves takes nothing along.
	bob.Click("#leave")
	ada.WaitText("#log .note", "Bob left")
	bob.Do(`location.hash = a`, link[strings.Index(link, "#"):])
	bob.WaitText("#room-state", "You are in")
	said(bob, "")
	said(ada, "one two three four five")
}
