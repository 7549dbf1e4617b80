package operate_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// An acmeServer is Let's Encrypt's own test server, with a DNS of the test's in which
// every name is this machine's. It looks at hosts as the real one does.
type acmeServer struct {
	Directory string // its URL
	CAFile    string // whose certificate its HTTPS has
	Root      []byte // PEM: whose the certificates are that it gives

	orders atomic.Int64
	down   atomic.Bool // it answers nothing but 503
}

// startACME starts one that finds HTTP and TLS of all hosts on these ports, and gives
// certificates for so many seconds.
func startACME(t *testing.T, httpPort, tlsPort int, life uint64) *acmeServer {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_AUTHZREUSE", "0")      // each order is looked into
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0") // or an order would be counted twice
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: life}})
	validator := va.New(quiet, httpPort, tlsPort, false, startDNS(t), store)
	frontend := wfe.New(quiet, store, validator, issuer, []string{"ca.test"}, true, false, 1, 1)
	handler := frontend.Handler()

	s := new(acmeServer)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/order-plz") {
			s.orders.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.Directory = server.URL + wfe.DirectoryPath
	s.Root = issuer.GetRootCert(0).PEM()
	s.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(s.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644))
	return s
}

// startDNS starts a DNS server that has 127.0.0.1 for every name.
func startDNS(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &dns.Server{Listener: listener, Net: "tcp", Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		for _, q := range question.Question {
			if q.Qtype == dns.TypeA {
				answer.Answer = append(answer.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1},
					A:   net.IPv4(127, 0, 0, 1),
				})
			}
		}
		_ = w.WriteMsg(answer)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-ended
	})
	return listener.Addr().String()
}

// freeTCPPort returns a port that is free now: Pebble must know it before
// relayd does.
func freeTCPPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// An acmeRelay is where a relayd with ACME listens and keeps things.
type acmeRelay struct {
	t          *testing.T
	ca         *acmeServer
	plain, tls int
	state      string
	flags      []string
}

func newACMERelay(t *testing.T) *acmeRelay {
	t.Helper()
	return &acmeRelay{t: t, plain: freeTCPPort(t), tls: freeTCPPort(t), state: t.TempDir()}
}

func (a *acmeRelay) start(flags ...string) *relayproc.Relay {
	a.t.Helper()
	return relayproc.Start(a.t, append(append([]string{
		"--listen", fmt.Sprint("127.0.0.1:", a.tls), "--state-dir", a.state,
		"--tls-acme-host", "relay.test", "--tls-acme-email", "operator@relay.test",
		"--tls-acme-directory-url", a.ca.Directory, "--tls-acme-ca-file", a.ca.CAFile,
	}, a.flags...), flags...)...)
}

// trusts is a client that knows the ACME server's root and nothing else.
func (a *acmeRelay) trusts(name string) *tls.Config {
	roots := x509.NewCertPool()
	require.True(a.t, roots.AppendCertsFromPEM(a.ca.Root))
	return &tls.Config{RootCAs: roots, ServerName: name}
}

// TestACME: each host of the list gets a certificate, over either challenge; it is
// kept for the next start, and a handshake for another host orders none.
func TestACME(t *testing.T) {
	for _, challenge := range []string{"TLS-ALPN-01", "HTTP-01"} {
		t.Run(challenge, func(t *testing.T) {
			a := newACMERelay(t)
			if challenge == "HTTP-01" {
				a.ca = startACME(t, a.plain, freeTCPPort(t), 90*24*3600) // which finds the TLS port closed
				a.flags = []string{"--tls-plain-listen", fmt.Sprint("127.0.0.1:", a.plain)}
			} else {
				a.ca = startACME(t, freeTCPPort(t), a.tls, 90*24*3600)
			}
			relay := a.start("--tls-acme-host", "other.test")
			for _, host := range []string{"relay.test", "other.test"} {
				relay.WaitLog(`"msg":"got a certificate","host":"` + host + `"`)
				leaf, err := certificateOf(relay, a.trusts(host))
				require.NoError(t, err, relay.Logs())
				require.Equal(t, []string{host}, leaf.DNSNames)
			}
			dialTLS(t, relay, "/server", a.trusts("relay.test"))
			ordered := a.ca.orders.Load()
			// What strangers ask for.
			for _, strange := range []string{"evil.test", "www.relay.test", "relay.test.evil.test", "localhost", "xn--bcher-kva.test"} {
				_, err := certificateOf(relay, a.trusts(strange))
				require.ErrorContains(t, err, "unrecognized name", strange)
			}
			_, err := certificateOf(relay, &tls.Config{InsecureSkipVerify: true})
			require.ErrorContains(t, err, "unrecognized name", "nobody asked for by name")
			for _, host := range []string{"evil.test", "relay.test"} {
				curious := a.trusts(host)
				curious.NextProtos = []string{"acme-tls/1"}
				_, err = certificateOf(relay, curious)
				require.Error(t, err, "no challenge is open")
			}

			require.Equal(t, ordered, a.ca.orders.Load(), "nothing was ordered for them")

			// What is kept, and with whose eyes only.
			files := 0
			require.NoError(t, filepath.WalkDir(filepath.Join(a.state, "acme"), func(path string, entry fs.DirEntry, err error) error {
				require.NoError(t, err)
				info, err := entry.Info()
				require.NoError(t, err)
				if entry.IsDir() {
					require.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), path)
				} else {
					require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
					files++
				}
				return nil
			}))
			require.Equal(t, 3, files, "the account's key and two certificates")

			// The next start needs no ACME server.
			leaf, err := certificateOf(relay, a.trusts("relay.test"))
			require.NoError(t, err)
			relay.Kill()
			a.ca.down.Store(true)
			relay = a.start("--tls-acme-host", "other.test")
			again, err := certificateOf(relay, a.trusts("relay.test"))
			require.NoError(t, err)
			require.Equal(t, leaf.SerialNumber, again.SerialNumber)
			require.Equal(t, ordered, a.ca.orders.Load(), "nothing more was ordered")
		})
	}
}

// TestACMERenewal: a certificate is renewed in time while a peer stays connected; when
// that fails, it says so and the old one goes on to be shown, past its end.
func TestACMERenewal(t *testing.T) {
	const life = 12 // seconds
	a := newACMERelay(t)
	a.ca = startACME(t, freeTCPPort(t), a.tls, life)
	relay := a.start("--admin-listen", "127.0.0.1:0", "--turn-enabled") // TURN shares the port
	admin := adminOf(t, relay)
	relay.WaitLog("got a certificate")
	peer := dialTLS(t, relay, "/server", a.trusts("relay.test"))
	first, err := certificateOf(relay, a.trusts("relay.test"))
	require.NoError(t, err)

	var second *x509.Certificate
	require.Eventually(t, func() bool {
		second, err = certificateOf(relay, a.trusts("relay.test"))
		return err == nil && second.SerialNumber.Cmp(first.SerialNumber) != 0
	}, patience.Max, 50*time.Millisecond, "it is renewed")
	require.True(t, time.Now().Before(first.NotAfter), "and in time")
	lives(t, peer)

	require.Zero(t, certificateFailures(t, admin))
	a.ca.down.Store(true)
	relay.WaitLog("cannot get a certificate")
	require.NotZero(t, certificateFailures(t, admin))
	require.Contains(t, relay.Logs(), "503")
	require.Eventually(t, func() bool { return time.Now().After(second.NotAfter) }, patience.Max, 50*time.Millisecond)
	shown, err := certificateOf(relay, &tls.Config{ServerName: "relay.test", InsecureSkipVerify: true})
	require.NoError(t, err)
	require.Equal(t, second.SerialNumber, shown.SerialNumber, "the old one is kept")
}

// certificateFailures is what the metric of that name says.
func certificateFailures(t *testing.T, admin string) int {
	t.Helper()
	_, body := ask(t, http.DefaultClient, "GET", admin+"/metrics", "")
	_, after, found := strings.Cut(body, "\nrelayd_certificate_failures_total ")
	require.True(t, found)
	number, _, _ := strings.Cut(after, "\n")
	n, err := strconv.Atoi(number)
	require.NoError(t, err)
	return n
}
