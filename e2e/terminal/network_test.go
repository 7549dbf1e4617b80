package terminal_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// A terminal peer takes the proxy that the environment names, and asks it for a tunnel.
func TestATerminalGoesThroughTheProxyOfItsEnvironment(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	address := relay.Addr
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.RequestURI
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		tunnel(t, w, address)
	}))
	t.Cleanup(proxy.Close)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP)
	link := strings.Replace(ada.Expect("link:"), "127.0.0.1", "relay.localhost", 1) // no proxy is asked for 127.0.0.1
	target := strings.Replace(address, "127.0.0.1", "relay.localhost", 1)

	bob := termproc.StartWith(t, strings.NewReader("hello"), []string{"HTTP_PROXY=" + proxy.URL, "NO_PROXY="}, "dial", link, "--name", "Bob")
	require.Equal(t, "hello", ada.Expect("Bob:"))
	require.Zero(t, bob.Exit(), bob.Stderr())
	require.Equal(t, "CONNECT "+target, <-asked)

	cid := termproc.StartWith(t, nil, []string{"HTTP_PROXY=" + proxy.URL, "NO_PROXY=localhost"}, "dial", link)
	cid.Exit() // whether it finds the name without the proxy is the system's matter
	require.Empty(t, asked)
}

// tunnel passes on what comes over a hijacked connection, and back, until both ends close.
func tunnel(t testing.TB, w http.ResponseWriter, to string) {
	far, err := net.Dial("tcp", to)
	if err != nil {
		t.Error(err)
		return
	}
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		_ = far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	var both sync.WaitGroup
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}
	both.Go(func() { pass(near, far) })
	both.Go(func() { pass(far, near) })
	both.Wait()
}

// --ca trusts what its file holds, and no other authority.
func TestATerminalTrustsAnAuthority(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--tls-self-signed")
	address := strings.Replace(relay.HTTP, "http:", "https:", 1)
	conn, err := tls.Dial("tcp", relay.Addr, &tls.Config{InsecureSkipVerify: true})
	require.NoError(t, err)
	shown := conn.ConnectionState().PeerCertificates[0].Raw
	require.NoError(t, conn.Close())
	right, other, none := filepath.Join(t.TempDir(), "right"), filepath.Join(t.TempDir(), "other"), filepath.Join(t.TempDir(), "none")
	elsewhere := httptest.NewTLSServer(nil)
	t.Cleanup(elsewhere.Close)
	for path, der := range map[string][]byte{right: shown, other: elsewhere.Certificate().Raw} {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	}
	require.NoError(t, os.WriteFile(none, []byte("nothing"), 0o600))

	ada := termproc.Start(t, "listen", "--relay", address, "--ca", right, "--name", "Ada")
	link := ada.Expect("link:")
	bob := termproc.StartWith(t, strings.NewReader("hello"), nil, "dial", link, "--ca", right, "--name", "Bob")
	require.Equal(t, "hello", ada.Expect("Bob:"))
	require.Zero(t, bob.Exit(), bob.Stderr())
	for path, want := range map[string]string{other: "certificate", none: "holds no certificate in PEM"} {
		peer := termproc.Start(t, "dial", link, "--ca", path)
		require.Positive(t, peer.Exit())
		require.Contains(t, peer.Stderr(), want)
	}
}

// The fingerprint that relayd logs is what a terminal peer needs to trust it.
func TestATerminalTrustsAFingerprint(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--tls-self-signed")
	address := strings.Replace(relay.HTTP, "http:", "https:", 1)
	logged := regexp.MustCompile(`([0-9A-F]{2}:){31}[0-9A-F]{2}`).FindString(relay.Logs())
	require.NotEmpty(t, logged)

	ada := termproc.Start(t, "listen", "--relay", address, "--fingerprint", logged, "--name", "Ada")
	link := ada.Expect("link:")
	plain := strings.ToLower(strings.ReplaceAll(logged, ":", ""))
	bob := termproc.StartWith(t, strings.NewReader("hello"), nil, "dial", link, "--fingerprint", plain, "--name", "Bob")
	require.Equal(t, "hello", ada.Expect("Bob:"))
	require.Zero(t, bob.Exit(), bob.Stderr())

	for _, c := range []struct {
		args   []string
		exit   int
		stderr string
	}{
		{[]string{"dial", link}, 1, "certificate"},
		{[]string{"dial", link, "--fingerprint", strings.Repeat("0", 64)}, 1, "the relay's certificate has the fingerprint " + logged},
		{[]string{"dial", link, "--fingerprint", "00:11"}, 2, "it is not the SHA-256 of a certificate"},
		{[]string{"listen", "--relay", relay.HTTP, "--fingerprint", plain}, 2, "--fingerprint and --ca are for a relay that speaks TLS"},
	} {
		peer := termproc.Start(t, c.args...)
		require.Equal(t, c.exit, peer.Exit(), peer.Stderr())
		require.Contains(t, peer.Stderr(), c.stderr)
	}
}
