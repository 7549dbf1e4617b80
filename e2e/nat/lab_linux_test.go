package nat_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/netspace"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A lab is an Internet with a relay, which is the only TURN server.
type lab struct {
	*internet
	folder string // has the files that are named below
}

// relayURL is where the servers listen.
const relayURL = "wss://relay.test/server"

// The files of a lab: what every peer trusts, the certificate and the key of TLS, and the key of all
// relays.
const (
	authority = "authority.pem"
	chain     = "cert.pem"
	keyOfTLS  = "key.pem"
	keyOfAll  = "relay.key"
)

func newLab(t testing.TB, args ...string) *lab {
	t.Helper()
	l := &lab{internet: newInternet(t), folder: t.TempDir()}
	l.certify("relay.test", "second.test", "strays.test")
	l.write(keyOfAll, base64.StdEncoding.AppendEncode(nil, noise(32)))
	machine := l.machine("198.18.0.10", "2001:db8::10")
	machine.Run("ip addr add 198.18.0.15/16 dev eth0")
	l.startRelay(machine, args...)
	return l
}

// startRelay starts a relay on port 443 of a machine, with a TURN server.
func (l *lab) startRelay(at *netspace.Space, args ...string) (r *relayproc.Relay) {
	l.t.Helper()
	binary := relayproc.Build(l.t, "relayd", "-race")
	at.Do(func() {
		r = relayproc.StartBinary(l.t, binary, append([]string{"--listen", ":443", "--turn-enabled", "--key-file", l.file(keyOfAll),
			"--tls-cert-file", l.file(chain), "--tls-key-file", l.file(keyOfTLS)}, args...)...)
	})
	return r
}

func (l *lab) file(name string) string { return filepath.Join(l.folder, name) }

func (l *lab) write(name string, content []byte) {
	l.t.Helper()
	require.NoError(l.t, os.WriteFile(l.file(name), append(content, '\n'), 0o600))
}

// certify makes an authority, and a certificate of it for some names.
func (l *lab) certify(names ...string) {
	l.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	sign := func(parent *x509.Certificate, by, key *ecdsa.PrivateKey, name string) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
		require.NoError(l.t, err)
		l.write(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		made, err := x509.ParseCertificate(der)
		require.NoError(l.t, err)
		return made
	}
	of, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(l.t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(l.t, err)
	template.Subject.CommonName = "the authority of the lab"
	root := sign(template, of, of, authority)
	template.Subject.CommonName, template.SerialNumber, template.IsCA, template.DNSNames = names[0], big.NewInt(2), false, names
	sign(root, of, key, chain)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(l.t, err)
	l.write(keyOfTLS, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// peer returns the command of a peer on a machine.
func (l *lab) peer(ctx context.Context, at *netspace.Space, todo task) *exec.Cmd {
	l.t.Helper()
	text, err := json.Marshal(todo)
	require.NoError(l.t, err)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text), "SSL_CERT_FILE="+l.file(authority))
	at.Wrap(cmd)
	return cmd
}

// listen starts a server at a site, and returns the URL for its clients. It ends with the test.
func (l *lab) listen(t testing.TB, at *site, todo task) (url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := l.peer(ctx, at.host, todo)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	late := time.AfterFunc(patience.Max, cancel)
	defer late.Stop()
	url, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "the server does not listen")
	return url[:len(url)-1]
}

// dial runs a client at a site, and returns what it has seen.
func (l *lab) dial(t testing.TB, at *site, todo task) (r result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience.Max)
	defer cancel()
	cmd := l.peer(ctx, at.host, todo)
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	require.NoError(t, err, says.String())
	require.NoError(t, json.Unmarshal(out, &r), "%s", out)
	return r
}
