package e2e_test

import (
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/stretchr/testify/require"
)

// passphraseConfig writes a configuration that asks for passphrases; "" asks for none.
func passphraseConfig(t testing.TB, path, server, client string) {
	t.Helper()
	text := "[access]\n"
	for key, passphrase := range map[string]string{"server_passphrase_hashes": server, "client_passphrase_hashes": client} {
		if passphrase != "" {
			hash := exec.CommandContext(within(t), buildBinary(t, "./relayd", "-race"), "hash")
			hash.Stdin = strings.NewReader(passphrase + "\n")
			line, err := hash.Output()
			require.NoError(t, err)
			text += key + " = ['" + strings.TrimSpace(string(line)) + "']\n"
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// accessEntry is the entry that presents a secret (A2).
func accessEntry(secret string) string {
	return protocol.AccessPrefix + base64.RawURLEncoding.EncodeToString([]byte(secret))
}

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
	passphraseConfig(t, config, hostsSecret, guestsSecret)
	relay := startMortalRelay(t, "--config", config, "--log-level", "debug")
	browser := startBrowser(t)

	// The page asks when the relay does.
	host := browser.open(relay.HTTP+"/", lostRelay...)
	host.click("#start-room")
	host.says("#access-what", "To start a room")
	require.Equal(t, "password current-password", eval[string](host, `document.getElementById("secret").type + " " + document.getElementById("secret").autocomplete`))
	require.Equal(t, "secret", eval[string](host, `document.activeElement.id`))
	host.shot("passphrase")
	host.write("#secret", "a guess\r")
	host.says("#secret-problem", "does not accept")
	host.write("#secret", hostsSecret+"\r")
	host.says("#room-state", "Your room is open")
	host.says("#invite-hint", "Guests may need a passphrase, too.")
	host.rename("Ada")
	link := eval[string](host, `document.getElementById("invite-link").value`)
	_, id, _ := strings.Cut(link, "#")

	// A program.
	ctx := within(t)
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
	native := &chatter{t, ctx, conn}
	native.wants("name", `"Ada"`)
	native.says("name", "Gopher")
	host.says("#people .name", "Gopher")

	// A terminal.
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(guestsSecret+"\n"), 0o600))
	refused := startTerminal(t, "dial", link)
	require.Equal(t, 1, refused.Exits())
	require.Contains(t, refused.Stderr(), "--secret-file")
	terminal := startTerminal(t, "dial", link, "--secret-file", file, "--name", "Tim")
	host.says("#people .name", "Tim")

	// Another page.
	guest := browser.open(link, lostRelay...)
	guest.says("#access-what", "To join this room")
	guest.write("#secret", guestsSecret+"\r")
	guest.says("#room-state", "You are in")
	guest.rename("Bob")
	host.says("#people .name", "Bob")
	guest.say("hello behind the door")
	host.says("#log .text", "hello behind the door")

	// After the relay was away, every peer comes back without asking its user.
	before := asked.Load()
	relay.blip()
	host.say("are you there?")
	guest.says("#log .text", "are you there?")
	for m := ""; m != "chat"; { // of the host, behind the lists of who is there
		got, err := conn.Receive(ctx)
		require.NoError(t, err)
		m = got.Type
	}
	require.Greater(t, asked.Load(), before, "the program was asked again for its secret")

	// So does a page that is loaded again.
	host.reload()
	host.says("#room-state", "Your room is open")
	require.Equal(t, link, eval[string](host, `document.getElementById("invite-link").value`))
	host.says("#people .name", "Bob")

	for _, p := range []*tab{host, guest} {
		require.NotContains(t, eval[string](p, `JSON.stringify(localStorage) + document.cookie`), "canary", "it ends with the tab")
		require.NotContains(t, eval[string](p, `decodeURIComponent(location.href + " " + document.body.innerHTML)`), "canary")
		require.NotContains(t, eval[string](p, `[...document.querySelectorAll("input")].map((e) => e.value).join()`), "canary")
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
	passphraseConfig(t, config, "the old passphrase", "")
	relay := startMortalRelay(t, "--config", config)
	host := startBrowser(t).open(relay.HTTP+"/", lostRelay...)
	host.click("#start-room")
	host.write("#secret", "the old passphrase\r")
	host.says("#room-state", "Your room is open")
	link := eval[string](host, `document.getElementById("invite-link").value`)

	passphraseConfig(t, config, "the new passphrase", "")
	relay.blip()
	host.says("#notice", "asks for another passphrase")
	host.click("#again")
	host.says("#access-what", "To start a room")
	host.write("#secret", "the new passphrase\r")
	host.says("#room-state", "Your room is open")
	require.Equal(t, link, eval[string](host, `document.getElementById("invite-link").value`), "the same room")
}

// TestSecretInJavaScript: as a text, as a function, and what goes wrong with it.
func TestSecretInJavaScript(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	passphraseConfig(t, config, "open sesame é", "")
	relay := startMortalRelay(t, "--config", config)
	page := startBrowser(t).sdkTab(relay.relayProcess, lostRelay...)
	page.do(`globalThis.url = a
		globalThis.fails = (secret) => sdk.listen(url, {secret}).then(() => "it was let in", ({code, closeCode = 0, message}) => code + " " + closeCode + " " + message)`, relay.WS+"/server")
	require.Contains(t, eval[string](page, `fails()`), "access-refused 4505 ")
	require.Contains(t, eval[string](page, `fails("open sesame")`), "access-refused 4505 ")
	require.Contains(t, eval[string](page, `fails(async () => "open")`), "access-refused 4505 ")
	require.Contains(t, eval[string](page, `fails(7)`), "invalid 0 ")
	require.Contains(t, eval[string](page, `fails(() => { throw new Error("no token today") })`), "secret-failed 0 the secret for the relay could not be had: no token today")
	require.Contains(t, eval[string](page, `fails(async () => { throw "words" })`), "secret-failed 0 the secret for the relay could not be had: words")
	require.Contains(t, eval[string](page, `fails(() => 7)`), "secret-failed 0 ")
	require.Contains(t, eval[string](page, `fails("x".repeat(4097))`), "secret-failed 0 ")

	page.do(`(await sdk.listen(url, {secret: "open sesame é"})).close()`)
	page.do(`globalThis.asked = 0
		globalThis.ln = await sdk.listen(url, {secret: async () => { asked++; return "open sesame é" }})
		globalThis.id = ln.id`)
	relay.dies(func() { page.sees("the loss", `ln.state === "reconnecting"`) })
	page.sees("the relay again", `ln.state === "connected"`)
	require.True(t, eval[bool](page, `asked >= 2 && ln.id === id`))

	passphraseConfig(t, config, "another one", "")
	relay.blip()
	require.Equal(t, "access-refused", eval[string](page, `ln.closed.then(({code}) => code)`))
}

// TestReloadOfPassphrases: SIGHUP loads another passphrase, and closes no connection.
func TestReloadOfPassphrases(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	passphraseConfig(t, config, "the old passphrase", "")
	relay := startRelay(t, "--config", config)
	enters := func(passphrase string) error {
		ln, err := sdk.Listen(within(t), relay.WS+"/server", &sdk.Options{Secret: sdk.Passphrase(passphrase)})
		if err == nil {
			require.NoError(t, ln.Close())
		}
		return err
	}
	in, err := sdk.Listen(within(t), relay.WS+"/server", &sdk.Options{Secret: sdk.Passphrase("the old passphrase")})
	require.NoError(t, err)
	passphraseConfig(t, config, "the new passphrase", "")
	relay.Signal(syscall.SIGHUP)
	require.Eventually(t, func() bool { return enters("the new passphrase") == nil }, patience, patience/100)
	require.ErrorIs(t, enters("the old passphrase"), sdk.ErrAccessRefused)
	require.Equal(t, sdk.Connected, in.State())
	require.NoError(t, in.Close())
}
