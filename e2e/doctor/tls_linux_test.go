package doctor_test

import (
	"testing"
	"time"
)

// secure starts a relayd with TLS on port 443.
func (s *stage) secure(p pair, args ...string) {
	s.t.Helper()
	s.relay(append([]string{"--listen", ":443", "--turn-enabled", "--tls-cert-file", p.cert, "--tls-key-file", p.key}, args...)...)
}

func TestTLSOfTheRelay(t *testing.T) {
	s := newStage(t)
	s.secure(s.authority.issue(t, "relay.test", time.Hour))
	r := s.examine("https://relay.test")
	r.requireFailed(t)
	r.requirePassed(t, "dns", "tcp", "tls", "http", "clock", "websocket", "origin", "hello", "message", "turn", "turn udp", "turn tls", "mtu", "label", "data channel")
}

// A relayd does not start with such a certificate, but a proxy does.
func TestACertificateHasExpired(t *testing.T) {
	s := newStage(t)
	s.nginx("443", s.authority.issue(t, "relay.test", -time.Hour), "return 426;\n")
	s.examine("https://relay.test").requireFailed(t, want{"tls", "the certificate expired on ", "`tls.cert_file`"})
}

func TestACertificateIsNotYetValid(t *testing.T) {
	s := newStage(t)
	s.nginx("443", s.authority.issueBetween(t, "relay.test", time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)), "return 426;\n")
	s.examine("https://relay.test").requireFailed(t, want{"tls", "the certificate is valid only from ", "set the clock of this machine with NTP"})
}

func TestACertificateIsForAnotherName(t *testing.T) {
	s := newStage(t)
	s.secure(s.authority.issue(t, "other.test", time.Hour))
	s.examine("https://relay.test").requireFailed(t, want{"tls", "the certificate is for other.test and not for relay.test", "`tls.acme.hosts`"})
}

func TestACertificateIsSelfSigned(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":443", "--tls-self-signed", "--turn-enabled")
	s.names(siteIPv4 + " relay.test")
	s.examine("https://"+siteIPv4).requireFailed(t, want{"tls", "the certificate is self-signed", "`tls.self_signed`"})
}

func TestTheAuthorityIsUnknown(t *testing.T) {
	s := newStage(t)
	s.secure(newAuthority(t).issue(t, "relay.test", time.Hour))
	s.examine("https://relay.test").requireFailed(t, want{"tls", "no authority that this machine trusts", "put the whole chain into `tls.cert_file`"})
}

func TestTheRelayHasNoTLS(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":8000", "--turn-enabled")
	s.examine("https://relay.test:8000").requireFailed(t, want{"tls", "10.0.0.1:8000 does not speak TLS", "write http:// or ws://"})
}

func TestTheURLHasNoTLS(t *testing.T) {
	s := newStage(t)
	s.secure(s.authority.issue(t, "relay.test", time.Hour))
	s.examine("http://relay.test:443").requireFailed(t, want{"http", "10.0.0.1:443 speaks TLS", "write https:// or wss://"})
}
