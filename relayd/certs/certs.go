// Package certs has the certificates that relayd shows: from files, from an ACME
// server, or one of its own making for development.
package certs

import (
	"crypto/tls"
	"time"

	"github.com/mholt/acmez/v3"
)

// A Source has the certificates of a listener. Its methods may be called
// concurrently.
type Source interface {
	// GetCertificate has the meaning of that in [tls.Config]. It waits for nobody.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// Serves says whether a certificate is for this host, a name or an address.
	Serves(host string) bool

	// NotAfter is when the first of the certificates that are shown ends, or the
	// zero time where none is.
	NotAfter() time.Time
}

// Config gives a listener's configuration: the version is the least that is spoken,
// TLS 1.2 where it is less. HTTP/2 is not offered, because a WebSocket needs a
// connection of HTTP/1.1 (RFC 6455); crypto/tls never renegotiates as a server.
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
