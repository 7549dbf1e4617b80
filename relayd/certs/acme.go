package certs

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// LetsEncrypt is the default ACME server.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// ACMEConfig lists the hosts to get certificates for, and the ACME server.
type ACMEConfig struct {
	// Hosts are the DNS names to get certificates for, in lower case, international
	// names in punycode. Each gets its own certificate, so a failure affects one host.
	Hosts []string

	// Email is the contact address for the ACME server. Empty means none.
	Email string

	// Directory is the URL of the ACME server, by default [LetsEncrypt]. Using it means
	// agreeing to its terms of service.
	Directory string

	// Roots verify the ACME server's own certificate. Nil means the system's roots.
	Roots *x509.CertPool

	// Folder keeps the account's key and the certificates, with mode 0600.
	Folder string

	// HTTP says that [ACME.Challenges] answers on port 80 of the hosts, so HTTP-01 may
	// be used as well as TLS-ALPN-01, which needs port 443 of the hosts.
	HTTP bool

	// Report gets the result of each attempt to get a certificate: nil, or why it
	// failed. The goroutine of Run calls it. It may be nil.
	Report func(host string, err error)
}

// ACME gets certificates from an ACME server (RFC 8555) and renews them when a third
// of their lifetime is left. Only [ACME.Run] does so, ahead of time, for the hosts of
// its list. A handshake never orders a certificate or waits for one, whatever name it
// asks for. A certificate is served until it is replaced, even after it has expired.
//
// The protocol is acmez's. certmagic, built on it, does not serve here: its schedule cannot
// be set, and makes nine attempts in the first hour for a new host that fails, at any CA
// for which no staging server is named. autocert orders in the handshake.
type ACME struct {
	config ACMEConfig
	store  store
	open   *challenges
	served map[string]*atomic.Pointer[tls.Certificate] // by host; the map is never written to

	// Owned by Run.
	client  *acmez.Client
	account acme.Account // zero until it is registered
}

// obtainWithin bounds one attempt for one host. The server connects to the host in that
// time, perhaps from several networks.
const obtainWithin = 5 * time.Minute

// NewACME loads the certificates in the folder. It fails if the list of hosts is
// invalid, or if this process cannot write to the folder.
func NewACME(config ACMEConfig) (*ACME, error) {
	config.Directory = cmp.Or(config.Directory, LetsEncrypt)
	if config.Report == nil {
		config.Report = func(string, error) {}
	}
	if err := CheckHosts(config.Hosts); err != nil {
		return nil, err
	}
	store, err := openStore(config.Folder, config.Directory)
	if err != nil {
		return nil, err
	}
	a := &ACME{config: config, store: store, open: newChallenges(), served: make(map[string]*atomic.Pointer[tls.Certificate])}
	for _, host := range config.Hosts {
		pair, err := store.certificate(host)
		if err != nil {
			return nil, err
		}
		a.served[host] = new(atomic.Pointer[tls.Certificate])
		a.served[host].Store(pair)
	}

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: config.Roots}
	solvers := map[string]acmez.Solver{acme.ChallengeTypeTLSALPN01: tlsALPN{a.open}}
	if config.HTTP {
		solvers[acme.ChallengeTypeHTTP01] = http01{a.open}
	}
	a.client = &acmez.Client{
		Client: &acme.Client{
			Directory:  config.Directory,
			HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
			UserAgent:  "relayd",
		},
		ChallengeSolvers: solvers,
	}
	return a, nil
}

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckHosts returns an error that describes what is wrong with a list of hosts.
func CheckHosts(hosts []string) error {
	if len(hosts) == 0 {
		return errors.New("no host to get a certificate for")
	}
	for i, host := range hosts {
		if len(host) > 253 || !hostForm.MatchString(host) {
			return fmt.Errorf("%q is not a host to get a certificate for: give a DNS name in lower case, without a port or a wildcard, such as relay.example.org; give international names in punycode, such as xn--bcher-kva.example", host)
		}
		if slices.Contains(hosts[:i], host) {
			return fmt.Errorf("the host %s is listed twice", host)
		}
	}
	return nil
}

// Run gets and renews certificates until the context ends, one after the other.
func (a *ACME) Run(ctx context.Context) {
	defer a.client.HTTPClient.CloseIdleConnections()
	hosts := make([]*due, len(a.config.Hosts))
	for i, host := range a.config.Hosts {
		hosts[i] = &due{host: host, at: renewAt(a.served[host].Load())}
	}
	for {
		next := slices.MinFunc(hosts, func(a, b *due) int { return a.at.Compare(b.at) })
		wait := time.NewTimer(time.Until(next.at))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		before := a.served[next.host].Load()
		err := a.obtain(ctx, next.host)
		if ctx.Err() != nil {
			return
		}
		a.config.Report(next.host, err)
		next.plan(before, a.served[next.host].Load(), time.Now())
	}
}

// due is a host and the time of its next attempt.
type due struct {
	host     string
	at       time.Time
	failures int // since the last success
}

// plan sets the next attempt. A CA stops answering a client that fails too often:
// Let's Encrypt after five failures in an hour. A new certificate that is due at once,
// because the clock is wrong, counts as a failure; otherwise one order would follow
// the other.
func (d *due) plan(before, served *tls.Certificate, now time.Time) {
	if at := renewAt(served); served != before && at.After(now) {
		d.at, d.failures = at, 0
		return
	}
	d.at = now.Add(min(2*time.Minute<<min(d.failures, 10), 4*time.Hour))
	d.failures++
}

// renewAt returns when about a third of a certificate's lifetime is left. It is random
// within a fiftieth of the lifetime, so that many relays do not renew together. It
// returns the zero time for nil.
func renewAt(pair *tls.Certificate) time.Time {
	if pair == nil {
		return time.Time{}
	}
	life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore)
	return pair.Leaf.NotAfter.Add(-life / 3).Add(-rand.N(life/50 + 1))
}

// obtain gets a certificate, serves it, and stores it. If it cannot be stored, it is
// served and obtain returns an error.
func (a *ACME) obtain(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, obtainWithin)
	defer cancel()
	if a.account.Location == "" {
		if err := a.register(ctx); err != nil {
			return fmt.Errorf("cannot register at %s: %w", a.config.Directory, err)
		}
	}
	key, keyText, err := newKey()
	if err != nil {
		return err
	}
	chains, err := a.client.ObtainCertificateForSANs(ctx, a.account, key, []string{host})
	if err != nil {
		a.account = acme.Account{} // the server may have forgotten it
		return fmt.Errorf("cannot get a certificate for %s from %s: %w", host, a.config.Directory, err)
	}
	text := append(chains[0].ChainPEM, keyText...)
	pair, err := tls.X509KeyPair(text, text)
	if err == nil {
		err = pair.Leaf.VerifyHostname(host)
	}
	if err != nil {
		return fmt.Errorf("cannot use the certificate for %s from %s: %w", host, a.config.Directory, err)
	}
	a.served[host].Store(&pair)
	if err := a.store.keep(host, text); err != nil {
		return fmt.Errorf("the certificate for %s is in use, but cannot be stored for the next start: %w", host, err)
	}
	return nil
}

// register creates the account, or finds it by its key (RFC 8555, section 7.3.1).
func (a *ACME) register(ctx context.Context) error {
	key, err := a.store.accountKey()
	if err != nil {
		return err
	}
	account := acme.Account{TermsOfServiceAgreed: true, PrivateKey: key}
	if a.config.Email != "" {
		account.Contact = []string{"mailto:" + a.config.Email}
	}
	account, err = a.client.NewAccount(ctx, account)
	if err == nil {
		a.account = account
	}
	return err
}

// GetCertificate returns the certificate of the host that the client asks for, or, for
// an ACME server, the challenge's certificate. A client that asks for another name, or
// for none, gets the alert unrecognized_name (RFC 6066, section 3).
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.ToLower(hello.ServerName)
	if slices.Equal(hello.SupportedProtos, []string{acmez.ACMETLS1Protocol}) {
		return a.open.certificate(host), nil
	}
	served, ours := a.served[host]
	if !ours {
		return nil, nil // crypto/tls then sends the alert
	}
	if pair := served.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("no certificate for this host yet")
}

// Challenges answers HTTP-01 challenges on the plain port, and passes other requests
// to next.
func (a *ACME) Challenges(next http.Handler) http.Handler { return a.open.over(next) }

// Serves implements [Source].
func (a *ACME) Serves(host string) bool { return a.served[strings.ToLower(host)] != nil }

// NotAfter implements [Source].
func (a *ACME) NotAfter() (first time.Time) {
	for _, served := range a.served {
		if pair := served.Load(); pair != nil && (first.IsZero() || pair.Leaf.NotAfter.Before(first)) {
			first = pair.Leaf.NotAfter
		}
	}
	return first
}
