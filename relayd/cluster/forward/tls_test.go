package forward

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// TestCertificatesOfStrangers: neither side talks to a node whose certificate is of another CA, is
// for another name, or has expired. Both say so.
func TestCertificatesOfStrangers(t *testing.T) {
	ca, another := newAuthority(t), newAuthority(t)
	for name, c := range map[string]struct {
		pair pair
		says string
	}{
		"another CA":   {another.issue("south", time.Now().Add(day)), "unknown authority"},
		"another name": {ca.issue("west", time.Now().Add(day)), "it is for west"},
		"expired":      {ca.issue("south", time.Now().Add(-day)), "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			own := Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey, TLS: ca.opens(ca.issue("north", time.Now().Add(day))), Handle: never(t)}
			node := listen(t, own)
			shown, err := tls.LoadX509KeyPair(c.pair.cert, c.pair.key)
			require.NoError(t, err)
			config := &tls.Config{Certificates: []tls.Certificate{shown}, InsecureSkipVerify: true}

			conn := tls.Client(node.raw(t), config)
			_ = conn.Handshake()
			_, err = conn.Read(make([]byte, 1))
			require.ErrorContains(t, err, "remote error: tls: ")
			err = <-node.reports
			require.ErrorIs(t, err, ErrUntrusted)
			require.ErrorContains(t, err, c.says)

			below, err := tls.Listen("tcp", "127.0.0.1:0", config)
			require.NoError(t, err)
			shaken := make(chan error, 1)
			go func() {
				conn, err := below.Accept()
				if err == nil {
					_, err = conn.Read(make([]byte, 1))
					_ = conn.Close()
				}
				shaken <- err
			}()
			_, err = node.Forward(t.Context(), Peer{home.Instance{Name: "south", Number: 2}, below.Addr().String()}, full())
			require.ErrorIs(t, err, ErrUntrusted)
			require.ErrorContains(t, err, c.says)
			require.Error(t, <-shaken)
			require.NoError(t, below.Close())
		})
	}
}

// TestHomeDoesNotTrustTheEdge: the edge learns that its certificate is at fault.
func TestHomeDoesNotTrustTheEdge(t *testing.T) {
	ca, another := newAuthority(t), newAuthority(t)
	at := listen(t, Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, TLS: ca.opens(ca.issue("south", time.Now().Add(day))), Handle: never(t)})
	both := newAuthority(t)
	text, err := os.ReadFile(ca.file)
	require.NoError(t, err)
	more, err := os.ReadFile(another.file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(both.file, append(text, more...), 0o600))
	p := another.issue("north", time.Now().Add(day))
	own, err := OpenTLS(p.cert, p.key, both.file, []string{"north", "south"})
	require.NoError(t, err)
	edge := listen(t, Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey, TLS: own})
	_, err = edge.Forward(t.Context(), at.Peer, full())
	require.ErrorIs(t, err, ErrUntrusted)
}

// TestOwnCertificateIsChecked: a node does not start with one that the others would refuse.
func TestOwnCertificateIsChecked(t *testing.T) {
	ca, another := newAuthority(t), newAuthority(t)
	good := ca.issue("north", time.Now().Add(day))
	for _, c := range []struct {
		pair    pair
		ca      string
		members []string
		is      error
	}{
		{another.issue("north", time.Now().Add(day)), ca.file, []string{"north"}, ErrUntrusted},
		{good, ca.file, []string{"south", "*.north"}, ErrUntrusted},
		{ca.issue("north", time.Now().Add(-day)), ca.file, []string{"north"}, certs.ErrExpired},
		{good, ca.file + ".missing", []string{"north"}, os.ErrNotExist},
	} {
		_, err := OpenTLS(c.pair.cert, c.pair.key, c.ca, c.members)
		require.ErrorIs(t, err, c.is)
	}
	_, err := OpenTLS(good.cert, good.key, good.key, []string{"north"})
	require.ErrorContains(t, err, "no certificate")
	_, err = OpenTLS(good.cert, good.key, ca.file, nil)
	require.ErrorContains(t, err, "no members")
}

// forget forgets that a node could not be reached.
func (n *node) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.failed)
}

// TestBadFilesKeepTheOldOnes: a mistake in new files is an error, and changes nothing.
func TestBadFilesKeepTheOldOnes(t *testing.T) {
	ca := newAuthority(t)
	p := ca.issue("north", time.Now().Add(day))
	own := ca.opens(p)
	before := own.current.Load()
	require.NoError(t, own.Reload())
	require.Same(t, before, own.current.Load(), "the same CA keeps its sessions")
	require.NoError(t, os.WriteFile(ca.file, []byte("half a file"), 0o600))
	require.ErrorContains(t, own.Reload(), "no certificate in PEM")
	require.NoError(t, os.Remove(p.key))
	require.ErrorIs(t, own.Reload(), os.ErrNotExist)
	require.Same(t, before, own.current.Load())
	leaf, err := own.files.GetCertificate(nil)
	require.NoError(t, err)
	require.NoError(t, before.verify([]*x509.Certificate{leaf.Leaf}))
}

// TestOldTLSIsRefused, and a connection without TLS.
func TestOldTLSIsRefused(t *testing.T) {
	ca := newAuthority(t)
	p := ca.issue("north", time.Now().Add(day))
	secure := listen(t, Config{Self: home.Instance{Name: "north", Number: 1}, Key: someKey, TLS: ca.opens(p), Handle: never(t)})
	shown, err := tls.LoadX509KeyPair(p.cert, p.key)
	require.NoError(t, err)
	old := tls.Client(secure.raw(t), &tls.Config{Certificates: []tls.Certificate{shown}, InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	require.ErrorContains(t, old.Handshake(), "protocol version")
	bare := tls.Client(secure.raw(t), &tls.Config{InsecureSkipVerify: true})
	_ = bare.Handshake()
	_, err = bare.Read(make([]byte, 1))
	require.ErrorContains(t, err, "certificate required")

	plain := listen(t, Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, Handle: never(t)})
	for _, way := range [][2]*node{{plain, secure}, {secure, plain}} {
		_, err := way[0].Forward(t.Context(), way[1].Peer, full())
		require.Error(t, err)
		require.NotErrorIs(t, err, ErrKey)
	}
}
