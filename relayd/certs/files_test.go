package certs_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/textfile"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const day = 24 * time.Hour

// A folder has a certificate and its key as an operator keeps them.
type folder struct {
	t         *testing.T
	cert, key string
	serial    int64
}

func newFolder(t *testing.T) *folder {
	path := t.TempDir()
	return &folder{t: t, cert: filepath.Join(path, "cert.pem"), key: filepath.Join(path, "key.pem")}
}

// issue makes a certificate and its key.
func (f *folder) issue(notBefore, notAfter time.Time, hosts ...string) (cert, key []byte) {
	f.t.Helper()
	f.serial++
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(f.serial), Subject: pkix.Name{CommonName: "test"},
		NotBefore: notBefore, NotAfter: notAfter, DNSNames: hosts,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(f.t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(f.t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// renew puts a certificate that is valid for a month in place, as certbot does.
func (f *folder) renew(hosts ...string) {
	f.t.Helper()
	f.putBoth(f.issue(time.Now().Add(-day), time.Now().Add(30*day), hosts...))
}

// put replaces a file: the time of the old one may be the same.
func (f *folder) put(path string, data []byte) {
	f.t.Helper()
	require.NoError(f.t, os.WriteFile(path+".new", data, 0o600))
	require.NoError(f.t, os.Rename(path+".new", path))
}

func (f *folder) putBoth(cert, key []byte) {
	f.t.Helper()
	f.put(f.cert, cert)
	f.put(f.key, key)
}

func (f *folder) read(path string) []byte {
	f.t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(f.t, err)
	return text
}

func serial(t *testing.T, source certs.Source) int64 {
	t.Helper()
	pair, err := source.GetCertificate(&tls.ClientHelloInfo{ServerName: "relay.example"})
	require.NoError(t, err)
	return pair.Leaf.SerialNumber.Int64()
}

func TestFilesAreShown(t *testing.T) {
	f := newFolder(t)
	f.renew("relay.example", "*.wide.example")
	files, err := certs.OpenFiles(f.cert, f.key)
	require.NoError(t, err)
	require.EqualValues(t, 1, serial(t, files))
	require.WithinDuration(t, time.Now().Add(30*day), files.NotAfter(), time.Minute)
	for host, ours := range map[string]bool{"relay.example": true, "RELAY.example": true, "a.wide.example": true, "other.example": false, "127.0.0.1": false, "": false} {
		require.Equal(t, ours, files.Serves(host), "%q", host)
	}
}

// TestBadFilesAreRefused at the start, and keep the old certificate later: each with
// a sentence that says what is wrong.
func TestBadFilesAreRefused(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		spoil func(f *folder)
		is    error
		says  string
	}{
		"expired":       {func(f *folder) { f.putBoth(f.issue(now.Add(-2*day), now.Add(-day), "relay.example")) }, certs.ErrExpired, "relay.example"},
		"not valid yet": {func(f *folder) { f.putBoth(f.issue(now.Add(day), now.Add(2*day), "relay.example")) }, certs.ErrTooSoon, "clock"},
		"another's key": {func(f *folder) { _, key := f.issue(now, now.Add(day)); f.put(f.key, key) }, certs.ErrPair, "private key does not match"},
		"a key twice":   {func(f *folder) { f.put(f.cert, f.read(f.key)) }, certs.ErrPair, "PEM"},
		"an empty file": {func(f *folder) { f.put(f.cert, nil) }, certs.ErrPair, "cert.pem"},
		"half a file":   {func(f *folder) { text := f.read(f.cert); f.put(f.cert, text[:len(text)/2]) }, certs.ErrPair, "PEM"},
		"rubbish": {func(f *folder) {
			f.put(f.key, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
		}, certs.ErrPair, "key.pem"},
		"a chain in the wrong order": {func(f *folder) {
			other, _ := f.issue(now, now.Add(day), "an issuer")
			f.put(f.cert, append(other, f.read(f.cert)...))
		}, certs.ErrPair, "put that certificate first"},
		"a certificate with a byte order mark": {func(f *folder) { f.put(f.cert, append([]byte("\xef\xbb\xbf"), f.read(f.cert)...)) }, textfile.ErrEncoding, "cert.pem begins with a byte order mark"},
		"a certificate in UTF-16":              {func(f *folder) { f.put(f.cert, []byte("-\x00-\x00-\x00")) }, textfile.ErrEncoding, "cert.pem holds NUL bytes, as UTF-16 does"},
		"a key with a byte order mark":         {func(f *folder) { f.put(f.key, append([]byte("\xef\xbb\xbf"), f.read(f.key)...)) }, textfile.ErrEncoding, "key.pem begins with a byte order mark"},
		"no certificate":                       {func(f *folder) { require.NoError(f.t, os.Remove(f.cert)) }, os.ErrNotExist, "cannot read the certificate"},
		"no key":                               {func(f *folder) { require.NoError(f.t, os.Remove(f.key)) }, os.ErrNotExist, "cannot read the key"},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, c.spoil, c.is, c.says)
		})
	}
}

// refuses spoils files that are in use, and mends them.
func refuses(t *testing.T, spoil func(f *folder), is error, says string) {
	t.Helper()
	f := newFolder(t)
	f.renew("relay.example")
	files, err := certs.OpenFiles(f.cert, f.key)
	require.NoError(t, err)
	spoil(f)
	err = files.Reload()
	require.ErrorIs(t, err, is)
	require.ErrorContains(t, err, says)
	require.EqualValues(t, 1, serial(t, files), "the old one is kept")
	_, err = certs.OpenFiles(f.cert, f.key)
	require.ErrorIs(t, err, is)

	f.renew("relay.example")
	require.NoError(t, files.Reload())
	require.Greater(t, serial(t, files), int64(1))
}

// TestWatchTakesAChangeAndReportsTroubleOnce.
func TestWatchTakesAChangeAndReportsTroubleOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t)
		f.renew("relay.example")
		files, err := certs.OpenFiles(f.cert, f.key)
		require.NoError(t, err)
		reports := make(chan error, 100)
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			files.Watch(ctx, 10*time.Second, func(err error) { reports <- err })
		}()
		passes := func() { time.Sleep(time.Minute); synctest.Wait() } // virtual time

		passes()
		require.Empty(t, reports, "nothing has changed")

		f.renew("relay.example")
		require.EqualValues(t, 1, serial(t, files))
		passes()
		require.Len(t, reports, 1)
		require.NoError(t, <-reports)
		require.EqualValues(t, 2, serial(t, files))

		cert, key := f.issue(time.Now(), time.Now().Add(day), "relay.example")
		f.put(f.cert, cert)
		passes()
		require.Len(t, reports, 1, "the same trouble is reported once")
		require.ErrorIs(t, <-reports, certs.ErrPair)
		require.EqualValues(t, 2, serial(t, files))

		f.put(f.key, key)
		passes()
		require.Len(t, reports, 1)
		require.NoError(t, <-reports)
		require.EqualValues(t, 3, serial(t, files))

		require.NoError(t, os.Remove(f.key))
		passes()
		require.Len(t, reports, 1)
		require.ErrorIs(t, <-reports, os.ErrNotExist)
		end()
		<-ended
	})
}

// TestSelfSigned: it stays the same as long as it is of use.
func TestSelfSigned(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	first, err := certs.SelfSigned(folder)
	require.NoError(t, err)
	again, err := certs.SelfSigned(folder)
	require.NoError(t, err)
	require.Equal(t, first.Fingerprint(), again.Fingerprint())
	require.Regexp(t, `^([0-9A-F]{2}:){31}[0-9A-F]{2}$`, first.Fingerprint())
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		require.True(t, first.Serves(host), host)
	}
	require.False(t, first.Serves("192.0.2.1"))

	more, err := certs.SelfSigned(folder, "192.0.2.1", "box.local")
	require.NoError(t, err)
	require.NotEqual(t, first.Fingerprint(), more.Fingerprint(), "it was not for these hosts")
	require.True(t, more.Serves("192.0.2.1") && more.Serves("box.local") && more.Serves("localhost"))

	fewer, err := certs.SelfSigned(folder)
	require.NoError(t, err)
	require.Equal(t, more.Fingerprint(), fewer.Fingerprint(), "that one is for these too")

	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left over")
	info, err := files[0].Info()
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		require.NoError(t, os.Chmod(filepath.Join(folder, files[0].Name()), 0o644))
		exposed, err := certs.SelfSigned(folder)
		require.NoError(t, err)
		require.NotEqual(t, more.Fingerprint(), exposed.Fingerprint(), "others may have read its key")
	}
}

func TestSelfSignedIsMadeAnewInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		first, err := certs.SelfSigned(folder)
		require.NoError(t, err)
		require.LessOrEqual(t, time.Until(first.NotAfter()), 398*day)
		time.Sleep(time.Until(first.NotAfter()) - 31*day) // virtual time
		again, err := certs.SelfSigned(folder)
		require.NoError(t, err)
		require.Equal(t, first.Fingerprint(), again.Fingerprint())
		time.Sleep(2 * day)
		later, err := certs.SelfSigned(folder)
		require.NoError(t, err)
		require.NotEqual(t, first.Fingerprint(), later.Fingerprint())
	})
}

func TestSelfSignedIsWhatAClientSees(t *testing.T) {
	files, err := certs.SelfSigned(t.TempDir())
	require.NoError(t, err)
	address := echo(t, certs.Config(files, 0))
	pair, err := files.GetCertificate(nil)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: name})
		require.NoError(t, err, "who trusts it needs no exception")
		require.Equal(t, files.Fingerprint(), certs.Fingerprint(conn.ConnectionState().PeerCertificates[0]))
		require.NoError(t, conn.Close())
	}
}

// echo answers every connection with what it says.
func echo(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	conns := make(chan struct{})
	go func() {
		defer close(conns)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serveEcho(conn)
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-conns
	})
	return listener.Addr().String()
}

func serveEcho(conn net.Conn) {
	go func() {
		defer func() { _ = conn.Close() }()
		b := make([]byte, 100)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(conn, "%s", b[:n]); err != nil {
				return
			}
		}
	}()
}
