package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// A fingerprint is the SHA-256 of a relay's certificate.
type fingerprint [sha256.Size]byte

// parseFingerprint reads a fingerprint as relayd's log and browsers show it: hexadecimal
// digits, with or without colons.
func parseFingerprint(text string) (*fingerprint, error) {
	b, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil || len(b) != sha256.Size {
		return nil, errors.New("it is not the SHA-256 of a certificate, which is 64 hexadecimal digits, as relayd --tls-self-signed logs it")
	}
	return (*fingerprint)(b), nil
}

func (f *fingerprint) String() string {
	return strings.ReplaceAll(fmt.Sprintf("% X", f[:]), " ", ":")
}

// tlsConfig returns how the relay's certificate is checked; nil is as usual.
func (inv *invocation) tlsConfig() *tls.Config {
	if inv.fingerprint != nil {
		return inv.fingerprint.tlsConfig()
	}
	return inv.authorities
}

// readAuthorities reads the certificates of --ca.
func readAuthorities(path string) (*tls.Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// tlsConfig trusts only the certificate with this fingerprint. It checks neither signatures
// nor names.
func (f *fingerprint) tlsConfig() *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // replaced by VerifyConnection
		VerifyConnection: func(state tls.ConnectionState) error {
			if shown := fingerprint(sha256.Sum256(state.PeerCertificates[0].Raw)); shown != *f {
				return fingerprintError{shown}
			}
			return nil
		},
	}
}

// A fingerprintError is a certificate other than the one that --fingerprint names.
type fingerprintError struct{ shown fingerprint }

func (e fingerprintError) Error() string {
	return fmt.Sprintf("the relay's certificate has the fingerprint %v, which differs from --fingerprint", &e.shown)
}
