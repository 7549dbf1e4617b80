package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// TestTabStreamOutlivesTheRelay: numbered messages between a page and a Go program, both
// ways, while the relay is killed and comes back, and the page's network goes.
func TestTabStreamOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	const messages = 400
	relay := startMortalRelay(t)
	ln, err := sdk.Listen(within(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	page := startBrowser(t).sdkTab(relay.relayProcess, lostRelay...)
	page.do(`globalThis.conn = await sdk.connect(a)
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
	conn, err := ln.Accept(within(t))
	require.NoError(t, err)
	require.True(t, conn.Reliable())

	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
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

	page.sees("a hundred messages", `got.length > 100`)
	relay.blip()
	page.sees("more", `got.length > 200`)
	relay.dies(func() { page.sees("that the relay is gone", `conn.state === "reconnecting"`) })
	page.sees("more", `got.length > 300`)
	page.offline(true)
	page.offline(false)
	page.do(`conn.networkChanged()`)

	require.Equal(t, map[string]int{"delivered": messages}, eval[map[string]int](page, `sending`))
	require.Equal(t, map[string]int{"delivered": messages}, <-sent)
	require.NoError(t, <-received)
	page.sees("all messages", `got.length === a`, messages)
	require.True(t, eval[bool](page, `got.every((data, n) => data === n)`), "in order, each once")
	require.Subset(t, eval[[]string](page, `states`), []string{"reconnecting", "connected"})

	// A message of megabytes goes through as well, and is cut in two by the relay's death.
	page.do(`globalThis.large = conn.send({ type: "large", data: "x".repeat(8 << 20) }).then(({ outcome }) => outcome)`)
	relay.blip()
	m, err := conn.Receive(ctx)
	require.NoError(t, err)
	require.Len(t, m.Data, 8<<20+2)
	require.Equal(t, "delivered", eval[string](page, `large.then(({ kind }) => kind)`))
}

// TestTabRoomOutlivesTheRelay: a file goes on over the direct path between two pages while
// the relay is dead, and messages written in between arrive afterwards.
func TestTabRoomOutlivesTheRelay(t *testing.T) {
	t.Parallel()
	relay := startMortalRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP+"/", lostRelay...)
	link := ada.host("Ada")
	bob := browser.blank(lostRelay...)
	bob.viewport(390, 844, "dark")
	bob.navigate(link)
	bob.says("#room-state", "You are in")
	bob.rename("Bob")
	ada.says("#people .name", "Bob")
	bob.say("Shall I send the film?")
	ada.says("#log .text", "Shall I send the film?")
	bob.says("#log .mark", "Delivered")
	ada.direct()

	content := make([]byte, 80<<20)
	_, _ = rand.Read(content)
	film := filepath.Join(t.TempDir(), "film.mp4")
	require.NoError(t, os.WriteFile(film, content, 0o600))
	bob.sendFile(film)
	ada.sees("a part of the film", `document.querySelector("#log progress")?.value > 1 / 20`)
	relay.dies(func() {
		bob.says("#room-state", "Reconnecting…")
		ada.says("#room-state", "Reconnecting…")
		before := eval[float64](ada, `document.querySelector("#log progress").value`)
		bob.say("It is on its way")
		ada.say("I see it come")
		bob.says("#log .mark", "Sending…")
		ada.sees("more of the film, without a relay", `document.querySelector("#log progress").value > a`, before)
		ada.shot("v1-relay-away")
		bob.shot("v1-relay-away-phone")
	})
	bob.says("#room-state", "You are in")
	ada.says("#room-state", "Your room is open")
	ada.says("#log .text", "It is on its way")
	bob.says("#log .text", "I see it come")
	for _, p := range []*tab{ada, bob} {
		p.sees("that all has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
		require.NotContains(t, eval[string](p, `document.getElementById("log").innerText`), " left")
	}
	ada.says("#people .relayed", "Chat through the relay")

	folder := t.TempDir()
	ada.downloadsTo(folder)
	bob.says("#log .mine .outcome", "Sent and checked.")
	ada.says("#log .outcome", "Received and checked.")
	ada.click("#log .save")
	saved := filepath.Join(folder, "film.mp4")
	require.Eventually(t, func() bool { info, err := os.Stat(saved); return err == nil && info.Size() == int64(len(content)) }, patience, 20*time.Millisecond)
	got, err := os.ReadFile(saved)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the saved file differs from the one sent")
	ada.shot("v1-room")
	bob.shot("v1-room-phone")
}

// TestTabConversationOutlivesReloads: guest and host reload their tabs. Each message in
// between is on both sides once, in order.
func TestTabConversationOutlivesReloads(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	browser := startBrowser(t)
	ada := browser.open(relay.HTTP + "/")
	link := ada.host("Ada")
	bob := browser.blank()
	bob.viewport(390, 844, "light")
	bob.navigate(link)
	bob.says("#room-state", "You are in")
	bob.rename("Bob")
	ada.says("#people .name", "Bob")
	ada.say("one")
	bob.says("#log .text", "one")
	bob.say("two")
	ada.says("#log .text", "two")
	ada.says("#log .mark", "Delivered")
	bob.says("#log .mark", "Delivered")

	said := func(p *tab, words string) {
		t.Helper()
		p.sees(words, `[...document.querySelectorAll("#log .text")].map((e) => e.textContent).join(" ") === a`, words)
	}
	// The guest.
	bob.do(`setTimeout(() => location.reload())`)
	ada.says("#people .relayed", "Away. Your messages are delivered if they come back.")
	ada.say("three")
	said(bob, "one two three")
	ada.sees("that three has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
	require.NotContains(t, eval[string](ada, `document.getElementById("log").innerText`), "left")
	require.Equal(t, "Bob", eval[string](ada, `[...document.querySelectorAll("#people .name bdi")].map((e) => e.textContent).join()`))
	bob.direct()

	// The host.
	ada.do(`setTimeout(() => location.reload())`)
	bob.says("#room-state", "Reconnecting…")
	bob.say("four")
	ada.says("#room-state", "Your room is open")
	require.Equal(t, link, eval[string](ada, `document.getElementById("invite-link").value`))
	said(ada, "one two three four")
	said(bob, "one two three four")
	bob.sees("that four has arrived", `[...document.querySelectorAll("#log .mark[data-mark]")].every((e) => e.textContent === "Delivered")`)
	bob.says("#room-state", "You are in")
	ada.say("five")
	said(bob, "one two three four five")
	ada.shot("v1-after-reload")

	// Who leaves takes nothing along.
	bob.click("#leave")
	ada.says("#log .note", "Bob left")
	bob.do(`location.hash = a`, link[strings.Index(link, "#"):])
	bob.says("#room-state", "You are in")
	said(bob, "")
	said(ada, "one two three four five")
}
