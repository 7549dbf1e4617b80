package certs

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// challenges are the open challenges of an ACME server, by which it verifies that a
// host is ours.
type challenges struct {
	mu           sync.Mutex
	certificates map[string]*tls.Certificate // of TLS-ALPN-01 (RFC 8737), by host
	answers      map[string]string           // of HTTP-01 (RFC 8555, section 8.3), by host and path
}

func newChallenges() *challenges {
	return &challenges{certificates: make(map[string]*tls.Certificate), answers: make(map[string]string)}
}

func (c *challenges) certificate(host string) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.certificates[host]
}

const challengePath = "/.well-known/acme-challenge/"

// over answers challenges, and passes other requests to next.
func (c *challenges) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, challengePath) {
			next.ServeHTTP(w, r)
			return
		}
		c.mu.Lock()
		answer, found := c.answers[hostOf(r.Host)+r.URL.Path]
		c.mu.Unlock()
		if !found {
			http.Error(w, "no such challenge", http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = io.WriteString(w, answer)
	})
}

// hostOf returns a Host header without its port, in lower case.
func hostOf(header string) string {
	host, _, _ := strings.Cut(header, ":")
	return strings.ToLower(host)
}

// tlsALPN and http01 implement [acmez.Solver].
type tlsALPN struct{ *challenges }

func (s tlsALPN) Present(_ context.Context, challenge acme.Challenge) error {
	certificate, err := acmez.TLSALPN01ChallengeCert(challenge)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.certificates[challenge.Identifier.Value] = certificate
	return nil
}

func (s tlsALPN) CleanUp(_ context.Context, challenge acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.certificates, challenge.Identifier.Value)
	return nil
}

type http01 struct{ *challenges }

func (s http01) Present(_ context.Context, challenge acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[challenge.Identifier.Value+challenge.HTTP01ResourcePath()] = challenge.KeyAuthorization
	return nil
}

func (s http01) CleanUp(_ context.Context, challenge acme.Challenge) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answers, challenge.Identifier.Value+challenge.HTTP01ResourcePath())
	return nil
}
