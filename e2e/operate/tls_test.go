package operate_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A pair is a certificate and its key in files, as an operator keeps them.
type pair struct {
	t         *testing.T
	cert, key string
	serial    int64
	roots     *x509.CertPool // the latest of them alone
}

func newPair(t *testing.T) *pair {
	folder := t.TempDir()
	p := &pair{t: t, cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem")}
	p.renew(time.Hour)
	return p
}

// renew puts another certificate into the place of the one that is there.
func (p *pair) renew(life time.Duration) {
	p.t.Helper()
	p.serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(p.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(p.serial), DNSNames: []string{"relay.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(life),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(p.t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(p.t, err)
	p.roots = x509.NewCertPool()
	p.roots.AddCert(leaf)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(p.t, err)
	replace(p.t, p.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	replace(p.t, p.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func replace(t *testing.T, path string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", text, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// certificateOf returns the certificate that relayd shows for a name.
func certificateOf(r *relayproc.Relay, config *tls.Config) (*x509.Certificate, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience.Max}, "tcp", r.Addr, config)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

// dialTLS connects a raw WebSocket over TLS.
func dialTLS(t *testing.T, r *relayproc.Relay, path string, config *tls.Config) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience.Max)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: config}
	conn, _, err := websocket.Dial(ctx, "wss://"+r.Addr+path, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() { // so that the relay's pings are answered
		defer close(ended)
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.CloseNow()
		<-ended
	})
	return conn
}

// lives says that a peer is still connected: its ping is answered.
func lives(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience.Max)
	defer cancel()
	require.NoError(t, conn.Ping(ctx))
}

// openssl runs s_client against the relay and gives what it says.
func openssl(t *testing.T, r *relayproc.Relay, input string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience.Max)
	defer cancel()
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client", "-connect", r.Addr, "-servername", "relay.test"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, _ := cmd.CombinedOutput() // its exit code tells less than what it says
	return string(out)
}

// TestOldTLSAndRenegotiationAreRefused, as another implementation sees it.
func TestOldTLSAndRenegotiationAreRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	relay := relayproc.Start(t, "--tls-cert-file", p.cert, "--tls-key-file", p.key)
	for _, old := range []string{"-tls1", "-tls1_1"} {
		out := openssl(t, relay, "", old, "-cipher", "ALL:@SECLEVEL=0") // or openssl itself would not offer it
		require.Contains(t, out, "alert protocol version", old)
		require.Contains(t, out, "New, (NONE)", old)
	}
	require.Contains(t, openssl(t, relay, "", "-tls1_2"), "New, TLSv1.2")
	require.Contains(t, openssl(t, relay, "", "-tls1_3"), "New, TLSv1.3")
	// R asks for renegotiation.
	require.Regexp(t, `(?s)RENEGOTIATING\n.*alert unexpected message`, openssl(t, relay, "R\n", "-tls1_2"))

	strict := relayproc.Start(t, "--tls-cert-file", p.cert, "--tls-key-file", p.key, "--tls-min-version", "1.3")
	require.Contains(t, openssl(t, strict, "", "-tls1_2"), "alert protocol version")
	require.Contains(t, openssl(t, strict, "", "-tls1_3"), "New, TLSv1.3")
}

// TestCertificateIsReplaced at SIGHUP and by itself, while a peer stays connected; and
// what cannot be used leaves the old one in its place.
func TestCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	relay := relayproc.Start(t, "--tls-cert-file", p.cert, "--tls-key-file", p.key, "--admin-listen", "127.0.0.1:0")
	trust := func() *tls.Config { return &tls.Config{RootCAs: p.roots, ServerName: "relay.test"} }
	wants := func(serial int64) {
		t.Helper()
		seen, err := certificateOf(relay, &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		require.Equal(t, serial, seen.SerialNumber.Int64())
	}
	first := dialTLS(t, relay, "/server", trust())
	wants(1)

	p.renew(time.Hour)
	relay.Signal(syscall.SIGHUP)
	relay.WaitLog("configuration reloaded")
	wants(2)
	dialTLS(t, relay, "/server", trust())

	for what, spoil := range map[string]func(fresh *pair){
		"the certificate has expired": func(fresh *pair) { fresh.renew(-time.Hour) },
		"private key does not match":  func(fresh *pair) { require.NoError(t, os.Rename(newPair(t).key, fresh.key)) },
		"failed to find any PEM data": func(fresh *pair) { replace(t, fresh.cert, []byte("half a")) },
		"no such file":                func(fresh *pair) { require.NoError(t, os.Remove(fresh.key)) },
		"lets others":                 func(fresh *pair) { require.NoError(t, os.Chmod(fresh.key, 0o644)) },
	} {
		fresh := newPair(t)
		spoil(fresh)
		require.NoError(t, os.RemoveAll(p.key)) // relayd may look at any moment, and is to see no whole pair
		require.NoError(t, os.Rename(fresh.cert, p.cert))
		if err := os.Rename(fresh.key, p.key); err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		relay.Signal(syscall.SIGHUP)
		relay.WaitLog(`configuration unchanged.*` + what)
		wants(2)
	}

	p.renew(time.Hour) // without a signal to relayd
	require.Eventually(t, func() bool {
		seen, err := certificateOf(relay, &tls.Config{InsecureSkipVerify: true})
		return err == nil && seen.SerialNumber.Int64() == p.serial
	}, patience.Max, 100*time.Millisecond)
	relay.WaitLog("certificate reloaded")
	failures := certificateFailures(t, adminOf(t, relay))
	require.NoError(t, os.Remove(p.cert))
	require.Eventually(t, func() bool { return certificateFailures(t, adminOf(t, relay)) > failures }, patience.Max, 100*time.Millisecond)
	wants(p.serial)
	lives(t, first)

	// At the start there is no old one.
	p.renew(-time.Hour)
	out, err := exec.Command(relayproc.Build(t, "relayd", "-race"), "check", "--tls-cert-file", p.cert, "--tls-key-file", p.key).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "the certificate has expired")
}

// TestDrippedTLSHandshakeEnds in its time, though something comes all the while, and a
// peer beside it notices nothing.
func TestDrippedTLSHandshakeEnds(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	relay := relayproc.Start(t, "--tls-cert-file", p.cert, "--tls-key-file", p.key)
	healthy := dialTLS(t, relay, "/server", &tls.Config{RootCAs: p.roots})

	// A whole ClientHello, of which the last bytes never come.
	var hello bytes.Buffer
	_ = tls.Client(captured{w: &hello}, &tls.Config{ServerName: "relay.test"}).Handshake()
	require.Greater(t, hello.Len(), 100)
	for name, begins := range map[string][]byte{"a drip": hello.Bytes(), "silence": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", relay.Addr)
			require.NoError(t, err)
			defer conn.Close()
			start := time.Now()
			require.NoError(t, conn.SetReadDeadline(start.Add(patience.Max)))
			ended := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, conn)
				ended <- err
			}()
			drip := time.NewTicker(100 * time.Millisecond)
			defer drip.Stop()
			for {
				select {
				case err := <-ended:
					if err != nil {
						require.ErrorIs(t, err, syscall.ECONNRESET)
					}
					require.Greater(t, time.Since(start), 3*time.Second)
					require.True(t, begins == nil || len(begins) > 1, "it drips on")
					return
				case <-drip.C:
					if len(begins) > 1 {
						_, _ = conn.Write(begins[:1])
						begins = begins[1:]
					}
				}
			}
		})
	}
	t.Cleanup(func() { lives(t, healthy) })
}

// captured keeps what a TLS client says first, and says nothing back.
type captured struct {
	net.Conn
	w io.Writer
}

func (c captured) Write(b []byte) (int, error) { return c.w.Write(b) }

func (c captured) Read([]byte) (int, error) { return 0, io.EOF }

func (c captured) Close() error { return nil }

func (c captured) SetDeadline(time.Time) error { return nil }

func (c captured) SetWriteDeadline(time.Time) error { return nil }
