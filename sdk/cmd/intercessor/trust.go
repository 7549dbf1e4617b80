package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
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

// client returns an HTTP client that trusts only the certificate with this fingerprint. It
// checks neither signatures nor names.
func (f *fingerprint) client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = f.tlsConfig()
	return &http.Client{Transport: transport}
}

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
