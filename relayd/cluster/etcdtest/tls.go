package etcdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// StartTLS starts an etcd of one member that speaks TLS and asks clients for a certificate. It
// returns what a client needs.
func StartTLS(t testing.TB) (*Member, *tls.Config) {
	t.Helper()
	s := newSecurity(t)
	return startCluster(t, []string{loopback}, s)[0], s.config
}

// Certificate returns the files of a certificate and its key. The certificate is its own authority.
func Certificate(t testing.TB) (cert, key string) {
	t.Helper()
	s := newSecurity(t)
	return s.cert, s.key
}

// Certificate returns the files of the certificate that the member shows and trusts, and its key.
func (m *Member) Certificate() (cert, key string) { return m.security.cert, m.security.key }

// Trust has the member accept other clients: those with a certificate of an authority in a file, from
// the next Start on.
func (m *Member) Trust(authority string) { m.security.trusted = authority }

// security is one certificate that both sides show and trust.
type security struct {
	config    *tls.Config
	cert, key string // files
	trusted   string // file
}

func newSecurity(t testing.TB) *security {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "etcdtest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	folder := t.TempDir()
	s := &security{cert: filepath.Join(folder, "cert.pem"), key: filepath.Join(folder, "key.pem")}
	s.trusted = s.cert
	require.NoError(t, os.WriteFile(s.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(s.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	trusted := x509.NewCertPool()
	trusted.AddCert(leaf)
	s.config = &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
	return s
}
