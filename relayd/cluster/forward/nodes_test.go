package forward

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// patience bounds the wait for what must come at once. It only ends what hangs.
const patience = 2 * time.Minute

const day = 24 * time.Hour

// An authority is a CA with its file.
type authority struct {
	t      testing.TB
	file   string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	serial int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, file: filepath.Join(t.TempDir(), "ca.pem")}
	a.renew()
	return a
}

// renew gives the CA another key and another certificate.
func (a *authority) renew() {
	a.t.Helper()
	a.cert = &x509.Certificate{
		Subject: pkix.Name{CommonName: "CA"}, NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(day),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var der []byte
	der, a.key = a.sign(a.cert, nil)
	a.cert, _ = x509.ParseCertificate(der)
	a.put(a.file, "CERTIFICATE", der)
}

func (a *authority) sign(template *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	if by == nil {
		by = key
	}
	a.serial++
	template.SerialNumber = big.NewInt(a.serial)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), by)
	require.NoError(a.t, err)
	return der, key
}

func (a *authority) put(path, kind string, der []byte) {
	a.t.Helper()
	require.NoError(a.t, os.WriteFile(path+".new", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	require.NoError(a.t, os.Rename(path+".new", path))
}

// A pair is a node's certificate and its key, in files.
type pair struct{ cert, key string }

// issue makes a certificate in new files.
func (a *authority) issue(name string, until time.Time) pair {
	a.t.Helper()
	folder := a.t.TempDir()
	p := pair{filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}
	a.reissue(p, name, until)
	return p
}

// reissue replaces a certificate.
func (a *authority) reissue(p pair, name string, until time.Time) {
	a.t.Helper()
	der, key := a.sign(&x509.Certificate{NotBefore: time.Now().Add(-2 * day), NotAfter: until, DNSNames: []string{name}}, a.key)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(a.t, err)
	a.put(p.cert, "CERTIFICATE", der)
	a.put(p.key, "PRIVATE KEY", keyDER)
}

// opens is OpenTLS with the members north and south.
func (a *authority) opens(p pair) *TLS {
	a.t.Helper()
	own, err := OpenTLS(p.cert, p.key, a.file, []string{"north", "south"})
	require.NoError(a.t, err)
	return own
}

// A node listens on loopback.
type node struct {
	*Node
	Peer
	reports chan error
}

// listen starts a node. Its test ends it.
func listen(t testing.TB, config Config) *node {
	t.Helper()
	n := &node{reports: make(chan error, 1000)}
	report := config.Report
	config.Report = func(err error) {
		if report != nil {
			report(err)
		}
		select {
		case n.reports <- err:
		default:
		}
	}
	if config.Handle == nil {
		config.Handle = func(context.Context, *Incoming) {}
	}
	var err error
	n.Node, err = New(config)
	require.NoError(t, err)
	n.limits.stray = 0
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n.Peer = Peer{config.Self, below.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := n.Serve(below); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		n.Close()
		serving.Wait()
	})
	return n
}

var someKey = resume.NewKey()

// two starts an edge and a home, whose connections reach handle.
func two(t testing.TB, secure bool, handle func(context.Context, *Incoming)) (edge, at *node) {
	t.Helper()
	a := Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey}
	b := Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, Handle: handle}
	if secure {
		ca := newAuthority(t)
		a.TLS = ca.opens(ca.issue("north", time.Now().Add(day)))
		b.TLS = ca.opens(ca.issue("south", time.Now().Add(day)))
	}
	return listen(t, a), listen(t, b)
}

// dial connects two sockets.
func dial(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = below.Close() }()
	dialled, err := net.Dial("tcp", below.Addr().String())
	require.NoError(t, err)
	accepted, err := below.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}
