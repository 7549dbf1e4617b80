package operate_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

const (
	hostsSecret  = "canary of a host's passphrase"
	guestsSecret = "canary of a guest's passphrase ✓"
)

// TestProtectedRelay: a relay that asks hosts for one passphrase and guests for another
// admits only pages, programs and terminals that have it, and no secret appears
// in an address or in the log.
func TestProtectedRelay(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	relayproc.WritePassphrases(t, config, hostsSecret, guestsSecret)
	relay := relayproc.Start(t, "--config", config, "--log-level", "debug")
	browser := chromium.Start(t)

	// The page asks when the relay does.
	host := browser.Open(relay.HTTP+"/", chromium.LostRelay...)
	host.Click("#start-room")
	host.WaitText("#access-what", "To start a room")
	require.Equal(t, "password current-password", chromium.Eval[string](host, `document.getElementById("secret").type + " " + document.getElementById("secret").autocomplete`))
	require.Equal(t, "secret", chromium.Eval[string](host, `document.activeElement.id`))
	host.Shot("passphrase")
	host.Type("#secret", "a guess\r")
	host.WaitText("#secret-problem", "does not accept")
	host.Type("#secret", hostsSecret+"\r")
	host.WaitText("#room-state", "Your room is open")
	host.WaitText("#invite-hint", "Guests may need a passphrase, too.")
	host.Rename("Ada")
	link := chromium.Eval[string](host, `document.getElementById("invite-link").value`)
	_, id, _ := strings.Cut(link, "#")

	// A program.
	ctx := patience.Context(t)
	_, err := sdk.Dial(ctx, relay.WS+"/client/"+id, nil)
	require.ErrorIs(t, err, sdk.ErrAccessRefused)
	_, err = sdk.Dial(ctx, relay.WS+"/client/"+id, &sdk.Options{Secret: sdk.Passphrase(hostsSecret)})
	require.ErrorIs(t, err, sdk.ErrAccessRefused, "that is for hosts")
	_, err = sdk.Dial(ctx, relay.WS+"/client/no-such-room", nil)
	require.ErrorIs(t, err, sdk.ErrAccessRefused, "who may not come in learns nothing of rooms")
	var asked atomic.Int64
	conn, err := sdk.Dial(ctx, relay.WS+"/client/"+id, &sdk.Options{Secret: func(context.Context) (string, error) {
		asked.Add(1)
		return guestsSecret, nil
	}})
	require.NoError(t, err)
	defer conn.Close()
	native := sdkpeer.NewChatter(t, conn)
	native.Expect("name", `"Ada"`)
	native.Say("name", "Gopher")
	host.WaitText("#people .name", "Gopher")

	// A terminal.
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(guestsSecret+"\n"), 0o600))
	refused := termproc.Start(t, "dial", link)
	require.Equal(t, 1, refused.Exit())
	require.Contains(t, refused.Stderr(), "--secret-file")
	terminal := termproc.Start(t, "dial", link, "--secret-file", file, "--name", "Tim")
	host.WaitText("#people .name", "Tim")

	// Another page.
	guest := browser.Open(link, chromium.LostRelay...)
	guest.WaitText("#access-what", "To join this room")
	guest.Type("#secret", guestsSecret+"\r")
	guest.WaitText("#room-state", "You are in")
	guest.Rename("Bob")
	host.WaitText("#people .name", "Bob")
	guest.Say("hello behind the door")
	host.WaitText("#log .text", "hello behind the door")

	// After the relay was away, every peer comes back without asking its user.
	before := asked.Load()
	relay.Blip()
	host.Say("are you there?")
	guest.WaitText("#log .text", "are you there?")
	for m := ""; m != "chat"; { // of the host, behind the lists of who is there
		got, err := conn.Receive(ctx)
		require.NoError(t, err)
		m = got.Type
	}
	// The chat may have taken the direct path.
	require.Eventually(t, func() bool { return asked.Load() > before }, patience.Max, 10*time.Millisecond, "the program was asked again for its secret")

	// So does a page that is loaded again.
	host.Reload()
	host.WaitText("#room-state", "Your room is open")
	require.Equal(t, link, chromium.Eval[string](host, `document.getElementById("invite-link").value`))
	host.WaitText("#people .name", "Bob")

	for _, p := range []*chromium.Tab{host, guest} {
		require.NotContains(t, chromium.Eval[string](p, `JSON.stringify(localStorage) + document.cookie`), "canary", "it ends with the tab")
		require.NotContains(t, chromium.Eval[string](p, `decodeURIComponent(location.href + " " + document.body.innerHTML)`), "canary")
		require.NotContains(t, chromium.Eval[string](p, `[...document.querySelectorAll("input")].map((e) => e.value).join()`), "canary")
	}
	require.NotContains(t, relay.Logs()+terminal.Stderr()+refused.Stderr(), "canary")
	for _, secret := range []string{hostsSecret, guestsSecret} {
		require.NotContains(t, relay.Logs(), base64.RawURLEncoding.EncodeToString([]byte(secret)))
	}
}

// TestPassphraseIsChanged while a page is in its room: at the next resume it is refused,
// and with the new one it has its room again.
func TestPassphraseIsChanged(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	relayproc.WritePassphrases(t, config, "the old passphrase", "")
	relay := relayproc.Start(t, "--config", config)
	host := chromium.Start(t).Open(relay.HTTP+"/", chromium.LostRelay...)
	host.Click("#start-room")
	host.Type("#secret", "the old passphrase\r")
	host.WaitText("#room-state", "Your room is open")
	link := chromium.Eval[string](host, `document.getElementById("invite-link").value`)

	relayproc.WritePassphrases(t, config, "the new passphrase", "")
	relay.Blip()
	host.WaitText("#notice", "asks for another passphrase")
	host.Click("#again")
	host.WaitText("#access-what", "To start a room")
	host.Type("#secret", "the new passphrase\r")
	host.WaitText("#room-state", "Your room is open")
	require.Equal(t, link, chromium.Eval[string](host, `document.getElementById("invite-link").value`), "the same room")
}

// TestSecretInJavaScript: as a text, as a function, and what goes wrong with it.
func TestSecretInJavaScript(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	relayproc.WritePassphrases(t, config, "open sesame é", "")
	relay := relayproc.Start(t, "--config", config)
	page := chromium.Start(t).OpenSDK(relay.HTTP, chromium.LostRelay...)
	page.Do(`globalThis.url = a
		globalThis.fails = (secret) => sdk.listen(url, {secret}).then(() => "it was let in", ({code, closeCode = 0, message}) => code + " " + closeCode + " " + message)`, relay.WS+"/server")
	require.Contains(t, chromium.Eval[string](page, `fails()`), "access-refused 4505 ")
	require.Contains(t, chromium.Eval[string](page, `fails("open sesame")`), "access-refused 4505 ")
	require.Contains(t, chromium.Eval[string](page, `fails(async () => "open")`), "access-refused 4505 ")
	require.Contains(t, chromium.Eval[string](page, `fails(7)`), "invalid 0 ")
	require.Contains(t, chromium.Eval[string](page, `fails(() => { throw new Error("no token today") })`), "secret-failed 0 the secret for the relay could not be had: no token today")
	require.Contains(t, chromium.Eval[string](page, `fails(async () => { throw "words" })`), "secret-failed 0 the secret for the relay could not be had: words")
	require.Contains(t, chromium.Eval[string](page, `fails(() => 7)`), "secret-failed 0 ")
	require.Contains(t, chromium.Eval[string](page, `fails("x".repeat(4097))`), "secret-failed 0 ")

	page.Do(`(await sdk.listen(url, {secret: "open sesame é"})).close()`)
	page.Do(`globalThis.asked = 0
		globalThis.ln = await sdk.listen(url, {secret: async () => { asked++; return "open sesame é" }})
		globalThis.id = ln.id`)
	relay.Restart(func() { page.WaitFor("the loss", `ln.state === "reconnecting"`) })
	page.WaitFor("the relay again", `ln.state === "connected"`)
	require.True(t, chromium.Eval[bool](page, `asked >= 2 && ln.id === id`))

	relayproc.WritePassphrases(t, config, "another one", "")
	relay.Blip()
	require.Equal(t, "access-refused", chromium.Eval[string](page, `ln.closed.then(({code}) => code)`))
}

// TestReloadOfPassphrases: SIGHUP loads another passphrase, and closes no connection.
func TestReloadOfPassphrases(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	relayproc.WritePassphrases(t, config, "the old passphrase", "")
	relay := relayproc.Start(t, "--config", config)
	enters := func(passphrase string) error {
		ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", &sdk.Options{Secret: sdk.Passphrase(passphrase)})
		if err == nil {
			require.NoError(t, ln.Close())
		}
		return err
	}
	in, err := sdk.Listen(patience.Context(t), relay.WS+"/server", &sdk.Options{Secret: sdk.Passphrase("the old passphrase")})
	require.NoError(t, err)
	relayproc.WritePassphrases(t, config, "the new passphrase", "")
	relay.Signal(syscall.SIGHUP)
	require.Eventually(t, func() bool { return enters("the new passphrase") == nil }, patience.Max, patience.Max/100)
	require.ErrorIs(t, enters("the old passphrase"), sdk.ErrAccessRefused)
	require.Equal(t, sdk.Connected, in.State())
	require.NoError(t, in.Close())
}
