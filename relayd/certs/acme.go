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

// LetsEncrypt is the ACME server that is asked where no other is named.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// ACMEConfig says for which hosts certificates are got, and from whom.
type ACMEConfig struct {
	// Hosts are the names to get certificates for, one each: so one that fails fails
	// alone. Names in DNS, in lower case; those beyond ASCII as xn--.
	Hosts []string

	// Email is where the ACME server may write to. Empty: nowhere.
	Email string

	// Directory is the URL of the ACME server ([LetsEncrypt]). Who has certificates got
	// there agrees to its terms of service.
	Directory string

	// Roots are whom the ACME server's own certificate is to be of. Nil: the system's.
	Roots *x509.CertPool

	// Folder keeps the account's key and the certificates, with mode 0600.
	Folder string

	// HTTP says that [ACME.Challenges] answers on port 80 of the hosts, so HTTP-01 may
	// be used beside TLS-ALPN-01, which needs port 443 of the hosts.
	HTTP bool

	// Report is told how each attempt to get a certificate went: nil, or why it failed.
	// It is called by the goroutine of Run. Nil: nobody is told.
	Report func(host string, err error)
}

// ACME gets certificates from an ACME server (RFC 8555) and renews them when a third
// of their time is left. Only [ACME.Run] does so, ahead of time, for the hosts of its
// list: no handshake, whatever name it asks for, ever does or waits. A certificate is
// shown until there is another one, even past its end.
type ACME struct {
	config ACMEConfig
	store  store
	open   *challenges
	served map[string]*atomic.Pointer[tls.Certificate] // by host; the map is never written to

	// Owned by Run.
	client  *acmez.Client
	account acme.Account // zero until the server knows it
}

// obtainWithin bounds one attempt for one host: the server has to look at the host,
// from several places perhaps.
const obtainWithin = 5 * time.Minute

// NewACME takes the certificates that the folder has. Its errors are about the list of
// hosts, and the folder: it has to be one that this process can write to.
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

// CheckHosts says, in a sentence, what is wrong with a list of hosts.
func CheckHosts(hosts []string) error {
	if len(hosts) == 0 {
		return errors.New("there is no host to get a certificate for")
	}
	for i, host := range hosts {
		if len(host) > 253 || !hostForm.MatchString(host) {
			return fmt.Errorf("%q is no host to get a certificate for: give its name in DNS, in lower case, without a port or a wildcard, like relay.example.org, international names in punycode, as xn--bcher-kva.example", host)
		}
		if slices.Contains(hosts[:i], host) {
			return fmt.Errorf("the host %s is there twice", host)
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

// A due host is one that somebody has to see to.
type due struct {
	host     string
	at       time.Time
	failures int // since it last worked
}

// plan says when a host is due again. A CA stops listening to who fails too often:
// Let's Encrypt after five times in an hour. A new certificate that is due already,
// by a clock that is wrong, counts as a failure: else orders would follow on orders.
func (d *due) plan(before, served *tls.Certificate, now time.Time) {
	if at := renewAt(served); served != before && at.After(now) {
		d.at, d.failures = at, 0
		return
	}
	d.at = now.Add(min(2*time.Minute<<min(d.failures, 10), 4*time.Hour))
	d.failures++
}

// renewAt is when about a third of a certificate's time is left, not to the second, so
// that many relays do not come at once. It is the zero time where there is none.
func renewAt(pair *tls.Certificate) time.Time {
	if pair == nil {
		return time.Time{}
	}
	life := pair.Leaf.NotAfter.Sub(pair.Leaf.NotBefore)
	return pair.Leaf.NotAfter.Add(-life / 3).Add(-rand.N(life/50 + 1))
}

// obtain gets a certificate, shows it, and keeps it. Where it cannot be kept it is
// shown all the same, and that is an error.
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
		a.account = acme.Account{} // perhaps the server does not know it any more
		return fmt.Errorf("no certificate for %s from %s: %w", host, a.config.Directory, err)
	}
	text := append(chains[0].ChainPEM, keyText...)
	pair, err := tls.X509KeyPair(text, text)
	if err == nil {
		err = pair.Leaf.VerifyHostname(host)
	}
	if err != nil {
		return fmt.Errorf("a certificate for %s from %s that cannot be used: %w", host, a.config.Directory, err)
	}
	a.served[host].Store(&pair)
	if err := a.store.keep(host, text); err != nil {
		return fmt.Errorf("the certificate of %s is shown, and cannot be kept for the next start: %w", host, err)
	}
	return nil
}

// register makes the account known, or finds it by its key (RFC 8555, section 7.3.1).
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

// GetCertificate shows the certificate of the host that is asked for, or, to an ACME
// server, the one it wants to see. A client that asks for another name, or for none,
// gets the alert unrecognized_name (RFC 6066, section 3).
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	host := strings.ToLower(hello.ServerName)
	if slices.Equal(hello.SupportedProtos, []string{acmez.ACMETLS1Protocol}) {
		return a.open.certificate(host), nil
	}
	served, ours := a.served[host]
	if !ours {
		return nil, nil // so crypto/tls sends that alert
	}
	if pair := served.Load(); pair != nil {
		return pair, nil
	}
	return nil, errors.New("there is no certificate for this host yet")
}

// Challenges answers HTTP-01 challenges on the plain port, and passes on the rest.
func (a *ACME) Challenges(next http.Handler) http.Handler { return a.open.over(next) }

// Serves is defined by [Source].
func (a *ACME) Serves(host string) bool { return a.served[strings.ToLower(host)] != nil }

// NotAfter is defined by [Source].
func (a *ACME) NotAfter() (first time.Time) {
	for _, served := range a.served {
		if pair := served.Load(); pair != nil && (first.IsZero() || pair.Leaf.NotAfter.Before(first)) {
			first = pair.Leaf.NotAfter
		}
	}
	return first
}
