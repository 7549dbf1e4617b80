package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sebas642/intercessor/relayd/secret"
	"github.com/sebas642/intercessor/relayd/textfile"
)

const maxFile = 1 << 20 // bytes of a file with a key, or with certificates, or both

// Errors about a certificate and its key.
var (
	ErrPair    = errors.New("the certificate and its key cannot be used")
	ErrExpired = errors.New("the certificate has expired")
	ErrTooSoon = errors.New("the certificate is not valid yet")
)

// readPair reads a certificate with its chain, and its key. Both may be in one file.
func readPair(certFile, keyFile string) (*tls.Certificate, error) {
	certificate, err := textfile.Read(certFile, maxFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate: %w", err)
	}
	key, err := secret.Read(keyFile, maxFile)
	if err != nil {
		return nil, fmt.Errorf("cannot read the key: %w", err)
	}
	// The error of crypto/tls says which of the two is malformed, or that the key does
	// not belong to the certificate.
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil && isOfLaterCertificate(certificate, key) {
		err = errors.New("the key belongs to a later certificate in the file: put that certificate first, and after each certificate the one that signed it")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s and %s: %w", ErrPair, certFile, keyFile, err)
	}
	return &pair, nil
}

// isOfLaterCertificate distinguishes a chain in the wrong order from a key of another
// certificate.
func isOfLaterCertificate(certificates, key []byte) bool {
	first, rest := pem.Decode(certificates)
	for first != nil {
		if _, err := tls.X509KeyPair(rest, key); err == nil {
			return true
		}
		first, rest = pem.Decode(rest)
	}
	return false
}

// current returns an error if a certificate is not valid now.
func current(leaf *x509.Certificate, now time.Time) error {
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("%w: %s expired on %s", ErrExpired, names(leaf), leaf.NotAfter.UTC().Format(time.RFC1123))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("%w: %s is valid from %s; check this machine's clock", ErrTooSoon, names(leaf), leaf.NotBefore.UTC().Format(time.RFC1123))
	}
	return nil
}

func names(leaf *x509.Certificate) string {
	all := append([]string(nil), leaf.DNSNames...)
	for _, address := range leaf.IPAddresses {
		all = append(all, address.String())
	}
	return "the certificate for " + strings.Join(all, ", ")
}

// Fingerprint returns the SHA-256 of a certificate as browsers show it.
func Fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

func newKey() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not a key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key cannot sign")
	}
	return signer, nil
}
