package certs_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/stretchr/testify/require"
)

func TestHostsAreChecked(t *testing.T) {
	for _, host := range []string{
		"", "Relay.example", "*.example", "relay.example.", "relay.example:443", "https://relay.example", "192.0.2.1", "2001:db8::1",
		"-a.example", "a..example", "../relay", "a/b", "bücher.example", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130) + "example",
	} {
		_, err := certs.NewACME(certs.ACMEConfig{Hosts: []string{host}, Folder: t.TempDir()})
		require.ErrorContains(t, err, "is not a host to get a certificate for", "%q", host)
	}
	for _, host := range []string{"relay.example", "localhost", "a-1.b.example", "xn--bcher-kva.example", "1.example"} {
		_, err := certs.NewACME(certs.ACMEConfig{Hosts: []string{host}, Folder: t.TempDir()})
		require.NoError(t, err, "%q", host)
	}
	_, err := certs.NewACME(certs.ACMEConfig{Hosts: []string{"a.example", "a.example"}, Folder: t.TempDir()})
	require.ErrorContains(t, err, "twice")
	_, err = certs.NewACME(certs.ACMEConfig{Folder: t.TempDir()})
	require.Error(t, err)
	for _, directory := range []string{"http://ca.example/directory", "ca.example", "https://", ":"} {
		_, err = certs.NewACME(certs.ACMEConfig{Hosts: []string{"a.example"}, Folder: t.TempDir(), Directory: directory})
		require.ErrorContains(t, err, "https://", "%q", directory)
	}
}

// TestKeptCertificate is shown from the start, even after its end: there is no better
// one yet. Those of other servers are left alone.
func TestKeptCertificate(t *testing.T) {
	f := newFolder(t)
	folder := t.TempDir()
	kept := filepath.Join(folder, "ca.example_directory", "relay.example.pem")
	require.NoError(t, os.MkdirAll(filepath.Dir(kept), 0o700))
	config := certs.ACMEConfig{Hosts: []string{"relay.example", "other.example"}, Folder: folder, Directory: "https://ca.example/directory"}
	hello := &tls.ClientHelloInfo{ServerName: "RELAY.example"}

	cert, key := f.issue(time.Now().Add(-2*day), time.Now().Add(-day), "relay.example")
	f.put(kept, append(cert, key...))
	a, err := certs.NewACME(config)
	require.NoError(t, err)
	pair, err := a.GetCertificate(hello)
	require.NoError(t, err)
	require.EqualValues(t, 1, pair.Leaf.SerialNumber.Int64())
	require.Equal(t, pair.Leaf.NotAfter, a.NotAfter())
	require.True(t, a.Serves("relay.example") && a.Serves("OTHER.example"))
	require.False(t, a.Serves("www.relay.example"))

	elsewhere := config
	elsewhere.Directory = "https://trial.example/directory"
	b, err := certs.NewACME(elsewhere)
	require.NoError(t, err)
	_, err = b.GetCertificate(hello)
	require.ErrorContains(t, err, "yet")
	require.Zero(t, b.NotAfter())

	for what, text := range map[string][]byte{"rubbish": []byte("x"), "another's": append(first(f.issue(time.Now(), time.Now().Add(day), "evil.example")), key...)} {
		f.put(kept, text)
		a, err = certs.NewACME(config)
		require.NoError(t, err, what)
		_, err = a.GetCertificate(hello)
		require.ErrorContains(t, err, "yet", what)
	}
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Chmod(kept, 0o644))
		_, err = certs.NewACME(config)
		require.ErrorIs(t, err, secret.ErrExposed)
	}
}

func first(cert, _ []byte) []byte { return cert }

// TestFailuresComeEverLessOften: not more than five in any hour, which is where Let's
// Encrypt stops listening, and never less often than every four hours.
func TestFailuresComeEverLessOften(t *testing.T) {
	times := certs.PlanOfFailures(time.Unix(0, 0), 40)
	for i, at := range times {
		if i >= 5 {
			require.Greater(t, at.Sub(times[i-5]), time.Hour, "attempt %d", i)
		}
		if i > 0 {
			require.LessOrEqual(t, at.Sub(times[i-1]), 4*time.Hour, "attempt %d", i)
		}
	}
}

// TestRenewalIsInTime: with a third of the time left, a little earlier on some relays
// than on others.
func TestRenewalIsInTime(t *testing.T) {
	f := newFolder(t)
	start := time.Now().Truncate(time.Second)
	for _, life := range []time.Duration{12 * time.Second, 6 * day, 90 * day} {
		cert, key := f.issue(start, start.Add(life), "relay.example")
		pair, err := tls.X509KeyPair(cert, key)
		require.NoError(t, err)
		for range 100 {
			at := certs.RenewAt(&pair).Sub(start)
			require.LessOrEqual(t, at, life*2/3+time.Second)
			require.GreaterOrEqual(t, at, life*6/10)
		}
	}
}
