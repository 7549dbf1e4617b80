package operate_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/certs"
)

// TestPageOverTheSelfSignedCertificate: the page opens in a browser that was told to
// trust that one certificate, two people meet there, and the relay's next start shows
// the same.
func TestPageOverTheSelfSignedCertificate(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	relay := relayproc.Start(t, "--tls-self-signed", "--state-dir", state)
	kept, err := tls.LoadX509KeyPair(filepath.Join(state, "self-signed.pem"), filepath.Join(state, "self-signed.pem"))
	require.NoError(t, err)
	require.Contains(t, relay.Logs(), `"sha256":"`+certs.Fingerprint(kept.Leaf)+`"`)

	spki := sha256.Sum256(kept.Leaf.RawSubjectPublicKeyInfo)
	browser := chromium.Start(t, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(spki[:])))
	address := "https://" + relay.Addr
	ada := browser.Open(address+"/", chromium.LostRelay...) // the relay is killed while the pages are there
	link := ada.Host("Ada")
	require.True(t, strings.HasPrefix(link, address), link)
	grace := browser.Open(link, chromium.LostRelay...)
	grace.WaitText("#people .name", "Ada")
	grace.Rename("Grace")
	ada.WaitText("#people .name", "Grace")
	grace.Say("hello over TLS")
	ada.WaitText("#log .message", "hello over TLS")

	relay.Kill()
	relay = relayproc.Start(t, "--tls-self-signed", "--state-dir", state)
	roots := x509.NewCertPool()
	roots.AddCert(kept.Leaf)
	again, err := certificateOf(relay, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	require.NoError(t, err)
	require.Equal(t, kept.Leaf.Raw, again.Raw)
}
