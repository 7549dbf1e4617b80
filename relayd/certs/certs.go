// Package certs provides relayd's certificates: from files, from an ACME server, or
// self-signed for development.
package certs

import (
	"crypto/tls"
	"time"

	"github.com/mholt/acmez/v3"
)

// A Source provides the certificates of a listener. Its methods may be called
// concurrently.
type Source interface {
	// GetCertificate is for the field of that name in [tls.Config]. It never blocks.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// Serves reports whether there is a certificate for this host, a name or an address.
	Serves(host string) bool

	// NotAfter returns when the first certificate in use expires, or the zero time if
	// there is none.
	NotAfter() time.Time
}

// Config returns the configuration of a listener. The version is the lowest that is
// accepted, at least TLS 1.2. HTTP/2 is not offered, because a WebSocket needs HTTP/1.1
// (RFC 6455). crypto/tls never renegotiates as a server.
func Config(source Source, version uint16) *tls.Config {
	config := &tls.Config{
		GetCertificate: source.GetCertificate,
		MinVersion:     max(version, tls.VersionTLS12),
		NextProtos:     []string{"http/1.1"},
	}
	if _, ok := source.(*ACME); ok {
		config.NextProtos = append(config.NextProtos, acmez.ACMETLS1Protocol)
	}
	return config
}
