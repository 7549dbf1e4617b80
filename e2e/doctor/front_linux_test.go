package doctor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCaddyInFront: TURN has a port of its own, as docs/proxy.md and docs/turn.md say.
func TestCaddyInFront(t *testing.T) {
	s := newStage(t)
	s.relay(behindProxy...)
	p := s.authority.issue(t, "relay.test", time.Hour)
	folder := t.TempDir()
	config := filepath.Join(folder, "Caddyfile")
	text := "{\n\tadmin off\n\tauto_https off\n}\nhttps://relay.test {\n\ttls " + p.cert + " " + p.key + "\n\treverse_proxy 127.0.0.1:8000\n}\n"
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	cmd := exec.Command("caddy", "run", "--config", config, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	s.start(cmd, siteIPv4+":443")
	r := s.examine("https://relay.test", "--page", "https://relay.test/any", "--long=100ms")
	r.requireFailed(t)
	r.requirePassed(t, "dns", "tcp", "tls", "http", "clock", "websocket", "origin", "hello", "message", "turn", "turn udp", "turn tcp", "mtu", "label", "data channel", "stay")
}

// behindBalancer are the arguments of a relayd behind a balancer of its machine, which passes TCP
// on with the PROXY protocol. UDP gets past it.
var behindBalancer = []string{"--listen", siteIPv4 + ":8000", "--turn-enabled", "--turn-udp-port", "8000",
	"--proxy-trusted", siteIPv4, "--proxy-protocol", "proxy-protocol"}

// balancer starts nginx on port 443 as a balancer of TCP.
func (s *stage) balancer(listen, lines string) {
	s.t.Helper()
	address := siteIPv4 + ":443"
	s.runNginx(address, "stream {\nserver {\nlisten "+address+listen+";\nproxy_pass "+siteIPv4+":8000;\nproxy_protocol on;\n"+lines+"}\n")
}

func TestABalancerPassesTLSThrough(t *testing.T) {
	s := newStage(t)
	p := s.authority.issue(t, "relay.test", time.Hour)
	s.relay(append([]string{"--tls-cert-file", p.cert, "--tls-key-file", p.key}, behindBalancer...)...)
	s.balancer("", "")
	r := s.examine("https://relay.test")
	r.requireFailed(t)
	r.requirePassed(t, "dns", "tcp", "tls", "http", "clock", "websocket", "origin", "hello", "message", "turn", "turn udp", "turn tls", "mtu", "label", "data channel")
}

// TestABalancerEndsTLS: the relay cannot know, and tells peers to use TURN over TCP without TLS.
func TestABalancerEndsTLS(t *testing.T) {
	for port, args := range map[string][]string{"80": nil, "443": {"--turn-tcp-port", "443"}} {
		t.Run(port, func(t *testing.T) {
			s := newStage(t)
			s.relay(append(args, behindBalancer...)...)
			s.balancer(" ssl", certificateLines(s.authority.issue(t, "relay.test", time.Hour)))
			s.examine("https://relay.test").requireFailed(t,
				want{"turn tcp", "the relay names TURN at relay.test:" + port + " without TLS, because something in front of it ends TLS", "give relayd the certificate (`tls.cert_file`)"})
		})
	}
}

// TestABalancerEndsTLSBesideTURN: past the balancer TURN has a port of its own.
func TestABalancerEndsTLSBesideTURN(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", siteIPv4+":8000", "--turn-enabled", "--turn-listen", siteIPv4+":3478", "--proxy-trusted", "127.0.0.0/8", "--proxy-protocol", "proxy-protocol")
	s.balancer(" ssl", "proxy_bind 127.0.0.1;\n"+certificateLines(s.authority.issue(t, "relay.test", time.Hour)))
	s.examine("https://relay.test").requireFailed(t)
}
