package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/stretchr/testify/require"
)

// trust gives a client's configuration that knows only the folder's certificate.
func (f *folder) trust() *tls.Config {
	f.t.Helper()
	block, _ := pem.Decode(f.read(f.cert))
	leaf, err := x509.ParseCertificate(block.Bytes)
	require.NoError(f.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{RootCAs: roots, ServerName: "relay.example"}
}

func TestOldVersionsAreRefused(t *testing.T) {
	f := newFolder(t)
	f.renew("relay.example")
	files, err := certs.OpenFiles(f.cert, f.key)
	require.NoError(t, err)
	for _, c := range []struct {
		least, most, speaks uint16
		accepted            bool
	}{
		{0, tls.VersionTLS10, tls.VersionTLS10, false},
		{0, tls.VersionTLS11, tls.VersionTLS10, false},
		{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS10, false},
		{0, tls.VersionTLS12, tls.VersionTLS10, true},
		{0, tls.VersionTLS13, tls.VersionTLS13, true},
		{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS10, false},
		{tls.VersionTLS13, tls.VersionTLS13, tls.VersionTLS12, true},
	} {
		client := f.trust()
		client.MinVersion, client.MaxVersion = c.speaks, c.most
		conn, err := tls.Dial("tcp", echo(t, certs.Config(files, c.least)), client)
		if !c.accepted {
			require.ErrorContains(t, err, "protocol version not supported", "%+v", c)
			continue
		}
		require.NoError(t, err, "%+v", c)
		require.Equal(t, c.most, conn.ConnectionState().Version)
		require.NoError(t, conn.Close())
	}
}

// TestReloadCutsNobody: who is connected goes on, who comes sees the new certificate.
func TestReloadCutsNobody(t *testing.T) {
	f := newFolder(t)
	f.renew("relay.example")
	files, err := certs.OpenFiles(f.cert, f.key)
	require.NoError(t, err)
	address := echo(t, certs.Config(files, 0))
	connect := func() *tls.Conn {
		conn, err := tls.Dial("tcp", address, f.trust())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(2*time.Minute)))
		return conn
	}
	says := func(conn *tls.Conn) {
		_, err := conn.Write([]byte("still here"))
		require.NoError(t, err)
		heard := make([]byte, 10)
		_, err = io.ReadFull(conn, heard)
		require.NoError(t, err)
		require.Equal(t, "still here", string(heard))
	}
	first := connect()
	says(first)
	f.renew("relay.example")
	require.NoError(t, files.Reload())
	second := connect() // which trusts nothing but the new one
	says(second)
	says(first)
	require.NotEqual(t, first.ConnectionState().PeerCertificates[0].SerialNumber, second.ConnectionState().PeerCertificates[0].SerialNumber)
}
