package firefox

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/tab"
)

// browsers are the names and places of Firefox.
var browsers = []string{"firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"}

// prefs are settings of every profile. Firefox itself turns off updates, telemetry and the like
// while it is driven.
const prefs = `
user_pref("media.navigator.permission.disabled", true);
user_pref("media.navigator.streams.fake", true);
user_pref("media.autoplay.default", 0);
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("media.gmp-manager.updateEnabled", false);
`

// Lost is what Firefox says on the console when there is no relay, and when a path has ended.
var Lost = []string{"can’t establish a connection to the server at ws", "WebRTC: ICE failed"}

// starting has one start at a time: each takes both cores until it has.
var starting sync.Mutex

// A Browser is a headless Firefox of the test's own, with a profile of its own.
type Browser struct {
	T       testing.TB
	session *session
}

// Start starts Firefox, and ends it with the test. That there is none is a failure: without a
// browser nothing here is tested. Further prefs have the form of prefs.
func Start(t testing.TB, further ...string) *Browser {
	t.Helper()
	tab.CheckSDK(t)
	path := ""
	for _, name := range browsers {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "no Firefox on this machine; run `make setup`, or install firefox-esr")

	starting.Lock()
	defer starting.Unlock()
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "user.js"), []byte(prefs+strings.Join(further, "\n")), 0o600))
	cmd := exec.Command(path, "--headless", "--no-remote", "--profile", home, "--remote-debugging-port", "0", "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "MOZ_CRASHREPORTER_DISABLE=1")
	group(cmd)
	output, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	listening := make(chan string, 1)
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		follow(output, listening)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		kill(cmd)
		<-exited
	})

	ctx := patience.Context(t)
	select {
	case url := <-listening:
		s, err := dial(ctx, url+"/session")
		require.NoError(t, err)
		t.Cleanup(s.close)
		b := &Browser{T: t, session: s}
		require.NoError(t, s.call(ctx, "session.new", params{"capabilities": params{}}, nil))
		require.NoError(t, s.call(ctx, "session.subscribe", params{"events": []string{"log.entryAdded"}}, nil))
		return b
	case <-exited:
		require.Fail(t, "Firefox has ended at its start")
	case <-ctx.Done():
		require.Fail(t, "Firefox does not start")
	}
	return nil
}

// follow finds the address at which Firefox listens in what it prints, and reads to the end.
func follow(output io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
			listening <- url
		}
	}
	_, _ = io.Copy(io.Discard, output) // a line was too long
}

// Open opens a page and waits for its load event. What the page reports to the console as an
// error or a warning fails the test, but for what contains one of the allowed texts.
func (b *Browser) Open(url string, allowed ...string) *Tab {
	b.T.Helper()
	p := b.Blank(allowed...)
	p.Navigate(url)
	return p
}

// Blank opens an empty tab that shares no storage with others, and closes it with the test.
func (b *Browser) Blank(allowed ...string) *Tab {
	b.T.Helper()
	ctx := patience.Context(b.T)
	var user struct{ UserContext string }
	require.NoError(b.T, b.session.call(ctx, "browser.createUserContext", params{}, &user))
	var page struct{ Context string }
	require.NoError(b.T, b.session.call(ctx, "browsingContext.create", params{"type": "window", "userContext": user.UserContext}, &page))
	d := &driver{session: b.session, page: page.Context, user: user.UserContext}
	console := tab.NewConsole(b.T, allowed)
	b.session.listen(d.page, func(e entry) { console.Hear(e.String(), e.Level == "error" || e.Level == "warn") })
	b.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience.Max)
		defer cancel()
		require.NoError(b.T, b.session.call(ctx, "browser.removeUserContext", params{"userContext": d.user}, nil))
		b.session.listen(d.page, nil)
		console.Check()
	})
	p := &Tab{&tab.Tab{T: b.T, Ctx: context.Background(), Driver: d}, d}
	p.SetViewport(1280, 800)
	return p
}
