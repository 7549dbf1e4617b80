package certs

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	selfSignedFile = "self-signed.pem" // in the state folder: the certificate, then its key

	// Some browsers accept no certificate that is valid for more than 398 days.
	selfSignedLife = 397 * 24 * time.Hour
	selfSignedRest = 30 * 24 * time.Hour // with less left it is replaced
)

// SelfSigned returns the certificate in a state folder for localhost, 127.0.0.1, ::1
// and further hosts, names or addresses. It creates the folder and the certificate if
// needed, and replaces a certificate that expires soon or does not cover these hosts.
// Otherwise the certificate stays the same, so that an exception in a browser stays
// valid. It is for development: only its fingerprint shows that it is the right one.
func SelfSigned(folder string, hosts ...string) (*Files, error) {
	hosts = append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	path := filepath.Join(folder, selfSignedFile)
	if pair, err := readPair(path, path); err == nil && current(pair.Leaf, time.Now().Add(selfSignedRest)) == nil && covers(pair.Leaf, hosts) {
		return OpenFiles(path, path)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	text, err := newSelfSigned(hosts, time.Now())
	if err != nil {
		return nil, err
	}
	if err := writePrivate(path, text); err != nil {
		return nil, err
	}
	return OpenFiles(path, path)
}

func covers(leaf *x509.Certificate, hosts []string) bool {
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

func newSelfSigned(hosts []string, now time.Time) ([]byte, error) {
	key, keyText, err := newKey()
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "relayd, self-signed"},
		NotBefore:    now.Add(-time.Hour), // for clocks that are slow
		NotAfter:     now.Add(selfSignedLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyText...), nil
}
