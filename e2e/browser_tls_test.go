package e2e_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/stretchr/testify/require"
)

// TestPageOverTheSelfSignedCertificate: the page opens in a browser that was told to
// trust that one certificate, two people meet there, and the relay's next start shows
// the same.
func TestPageOverTheSelfSignedCertificate(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	relay := startRelay(t, "--tls-self-signed", "--state-dir", state)
	kept, err := tls.LoadX509KeyPair(filepath.Join(state, "self-signed.pem"), filepath.Join(state, "self-signed.pem"))
	require.NoError(t, err)
	require.Contains(t, relay.Logs(), `"sha256":"`+certs.Fingerprint(kept.Leaf)+`"`)

	spki := sha256.Sum256(kept.Leaf.RawSubjectPublicKeyInfo)
	browser := startBrowser(t, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(spki[:])))
	address := "https://" + relay.address()
	ada := browser.open(address+"/", lostRelay...) // the relay is killed while the pages are there
	link := ada.host("Ada")
	require.True(t, strings.HasPrefix(link, address), link)
	grace := browser.open(link, lostRelay...)
	grace.says("#people .name", "Ada")
	grace.rename("Grace")
	ada.says("#people .name", "Grace")
	grace.say("hello over TLS")
	ada.says("#log .message", "hello over TLS")

	relay.Kill()
	relay = startRelay(t, "--tls-self-signed", "--state-dir", state)
	roots := x509.NewCertPool()
	roots.AddCert(kept.Leaf)
	again, err := relay.shows(&tls.Config{RootCAs: roots, ServerName: "localhost"})
	require.NoError(t, err)
	require.Equal(t, kept.Leaf.Raw, again.Raw)
}
