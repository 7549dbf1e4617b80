package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// secure does the TLS handshake at each address that accepts connections.
func (v *visit) secure(ctx context.Context) Result {
	var facts string
	for _, address := range v.open {
		state, err := v.handshake(ctx, address)
		if err != nil {
			return whyInsecure(address.String(), v.target.host, err).last()
		}
		facts = describe(state)
	}
	return Passed("%s", facts)
}

// tlsConfig returns a configuration for a host.
func (v *visit) tlsConfig(host string) *tls.Config {
	config := &tls.Config{}
	if v.TLS != nil {
		config = v.TLS.Clone()
	}
	config.ServerName = host
	return config
}

func (v *visit) handshake(ctx context.Context, address netip.AddrPort) (state tls.ConnectionState, err error) {
	conn, err := dialTLS(ctx, address.String(), v.tlsConfig(v.target.host))
	if err != nil {
		return state, err
	}
	state = conn.ConnectionState()
	return state, conn.Close()
}

func dialTLS(ctx context.Context, address string, config *tls.Config) (*tls.Conn, error) {
	plain, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, err
	}
	return conn, nil
}

func describe(state tls.ConnectionState) string {
	leaf := state.PeerCertificates[0]
	return fmt.Sprintf("%s, certificate of %s for %s, valid until %s", tls.VersionName(state.Version), leaf.Issuer, names(leaf), date(leaf.NotAfter))
}

func names(leaf *x509.Certificate) string {
	all := append([]string(nil), leaf.DNSNames...)
	for _, address := range leaf.IPAddresses {
		all = append(all, address.String())
	}
	if len(all) == 0 {
		return "no name"
	}
	const most = 5
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// whyInsecure explains a failed handshake.
func whyInsecure(address, host string, err error) Result {
	const another = "give relayd another certificate with `tls.cert_file`, or let it get one with `tls.acme.hosts`; behind a proxy it is the proxy's certificate"
	var notTLS tls.RecordHeaderError
	var invalid x509.CertificateInvalidError
	var wrongName x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var alert tls.AlertError
	var remote *net.OpError
	switch {
	case errors.As(err, &notTLS):
		return Fail(address+" does not speak TLS, but the URL says https or wss",
			"write http:// or ws:// if the relay has no TLS, or switch TLS on with `tls.cert_file` or `tls.acme.hosts` (in nginx: listen 443 ssl)")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return Fail(fmt.Sprintf("the certificate is valid only from %s on, and this machine's clock says %s", date(invalid.Cert.NotBefore), date(time.Now())),
			"set the clock of this machine with NTP; if it is right, "+another)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Fail(fmt.Sprintf("the certificate expired on %s, and this machine's clock says %s", date(invalid.Cert.NotAfter), date(time.Now())),
			"renew the certificate in `tls.cert_file` (relayd reloads it), or let relayd renew it itself with `tls.acme.hosts`; behind a proxy it is the proxy's certificate")
	case errors.As(err, &wrongName) && isSelfSigned(wrongName.Certificate):
		return unknownChain(wrongName.Certificate, another)
	case errors.As(err, &wrongName):
		return Fail(fmt.Sprintf("the certificate is for %s and not for %s", names(wrongName.Certificate), host),
			"connect by a name of the certificate, or get one for "+host+": "+another)
	case errors.As(err, &unknown):
		return unknownChain(unknown.Cert, another)
	case errors.As(err, &invalid):
		return Fail("the certificate cannot be used: "+invalid.Error(), another)
	case errors.As(err, &alert), errors.As(err, &remote) && remote.Op == "remote error":
		return Fail(fmt.Sprintf("%s refuses the TLS handshake for the name %s: %v", address, host, root(err)),
			"add "+host+" to `tls.acme.hosts`, or give relayd a certificate for it with `tls.cert_file`; the log says why if there is none yet")
	case isTimeout(err):
		return Fail(address+" accepts the connection but does not answer the TLS handshake",
			"check what listens there; with `proxy.protocol = 'proxy-protocol'` relayd waits for the header of a proxy")
	}
	return Fail(fmt.Sprintf("the TLS handshake with %s fails: %v", address, root(err)), "check what listens there; "+another)
}

// unknownChain explains a certificate that no known authority has signed.
func unknownChain(leaf *x509.Certificate, another string) Result {
	if isSelfSigned(leaf) {
		return Fail("the certificate is self-signed, so browsers and programs do not trust it",
			"replace `tls.self_signed`: "+another+"; for a trial, `intercessor doctor --fingerprint` trusts this certificate only")
	}
	issuer := "an unknown authority"
	if leaf != nil {
		issuer = leaf.Issuer.String()
	}
	return Fail("no authority that this machine trusts has signed the certificate of "+issuer+", or the chain is incomplete",
		"put the whole chain into `tls.cert_file`, the server's own certificate first (certbot calls it fullchain.pem); the authority of a private CA must be installed on each client")
}

func isSelfSigned(leaf *x509.Certificate) bool {
	return leaf != nil && leaf.Issuer.String() == leaf.Subject.String()
}
