package forward

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/textfile"
)

// lookAtFiles is the interval at which the files are read again.
const lookAtFiles = 10 * time.Second

// maxCA is the longest file of a CA, in bytes.
const maxCA = 1 << 20

// TLS is how nodes know each other: mutual TLS 1.3 with certificates of one CA.
type TLS struct {
	files   *certs.Files // static
	caFile  string       // static
	members []string     // static

	mu      sync.Mutex // held while the CA's file is read
	current atomic.Pointer[trust]
}

// OpenTLS reads a node's certificate with its chain, its key, and the certificates of the CA, all
// in PEM. Each of members is a DNS name or an IP address for which a node's certificate may be
// valid. The errors about certificate and key are those of [certs.OpenFiles]. A node with a
// certificate that the others would not accept gets ErrUntrusted.
func OpenTLS(certFile, keyFile, caFile string, members []string) (*TLS, error) {
	if len(members) == 0 {
		return nil, errors.New("no members: list the names for which the nodes' certificates are valid")
	}
	files, err := certs.OpenFiles(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	t := &TLS{files: files, caFile: caFile, members: members}
	if err := t.readCA(); err != nil {
		return nil, err
	}
	own, _ := files.GetCertificate(nil)
	chain := []*x509.Certificate{own.Leaf}
	for _, der := range own.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			chain = append(chain, c)
		}
	}
	if err := t.current.Load().verify(chain); err != nil {
		return nil, fmt.Errorf("the other nodes would not accept %s: %w", certFile, err)
	}
	return t, nil
}

// Reload reads the files again. After an error what was read before stays in use. Established
// connections are not affected.
func (t *TLS) Reload() error { return errors.Join(t.files.Reload(), t.readCA()) }

// watch reads the files again and again until the context ends. It repeats no error.
func (t *TLS) watch(ctx context.Context, report func(error)) {
	certs.Watch(ctx, lookAtFiles, func() (bool, error) { return false, t.Reload() }, report)
}

// readCA reads the CA's file, and replaces current if it has changed.
func (t *TLS) readCA() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, err := textfile.Read(t.caFile, maxCA)
	if err != nil {
		return fmt.Errorf("cannot read the certificates of the CA: %w", err)
	}
	if before := t.current.Load(); before != nil && bytes.Equal(before.text, text) {
		return nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate in PEM", t.caFile)
	}
	t.current.Store(t.trust(text, roots))
	return nil
}

// A trust is made for one content of the CA's file. Its sessions are not resumed under another.
type trust struct {
	text    []byte
	roots   *x509.CertPool
	members []string

	client, server *tls.Config

	mu       sync.Mutex
	sessions map[home.Instance]*session // guarded by mu
}

func (t *TLS) trust(text []byte, roots *x509.CertPool) *trust {
	own := &trust{text: text, roots: roots, members: t.members, sessions: make(map[home.Instance]*session)}
	// crypto/tls would compare a node's certificate with the one name that was dialled, so verify
	// takes the place of its verification.
	both := &tls.Config{
		MinVersion: tls.VersionTLS13,
		VerifyConnection: func(state tls.ConnectionState) error {
			if state.DidResume { // verified when the session began; crypto/tls checks that no certificate has expired since
				return nil
			}
			return own.verify(state.PeerCertificates)
		},
	}
	own.server = both.Clone()
	own.server.GetCertificate = t.files.GetCertificate
	own.server.ClientAuth = tls.RequireAnyClientCert
	own.client = both
	own.client.InsecureSkipVerify = true
	own.client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.files.GetCertificate(nil) }
	return own
}

// verify returns an error unless the chain is one of a member. Certificates for servers and those
// for clients serve for both, because a node is both.
func (t *trust) verify(chain []*x509.Certificate) error {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	leaf := chain[0]
	if _, err := leaf.Verify(x509.VerifyOptions{
		Roots: t.roots, Intermediates: between,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	for _, name := range t.members {
		if leaf.VerifyHostname(name) == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: it is for %s, and the members are %s", ErrUntrusted, strings.Join(leaf.DNSNames, ", "), strings.Join(t.members, ", "))
}
