package doctor_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// plain are the arguments of a relayd that is reached without a proxy or TLS.
var plain = []string{"--listen", ":8000", "--turn-enabled"}

const plainURL = "http://relay.test:8000"

func TestARelayThatWorks(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	r := s.examine(plainURL, "--long=10ms")
	r.requireFailed(t)
	r.requirePassed(t, "dns", "tcp", "http", "clock", "websocket", "origin", "hello", "message", "turn", "turn udp", "turn tcp", "mtu", "label", "data channel", "stay")
}

func TestARelayThatWorksOverIPv6(t *testing.T) {
	s := newStage(t)
	s.relay(plain...)
	s.names(siteIPv6 + " relay.test")
	s.examine(plainURL).requireFailed(t)
}

func TestAPageOfAnotherPort(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--origin", "https://app.test"}, plain...)...)
	s.names(siteIPv4+" relay.test", "127.0.0.1 relay.localhost")
	s.examine(plainURL, "--page", "http://app.test:3000/page").requireFailed(t,
		want{"origin", "the relay does not admit pages of http://app.test:3000", "add 'http://app.test:3000' to `origins`"})
	s.examine(plainURL, "--page", "https://app.test").requireFailed(t,
		want{"origin", "browsers do not let the page https://app.test connect to an address without TLS", "`tls.cert_file`"})
}

// The relay's clock is wrong by an hour, in each direction.
func TestTheClockIsWrong(t *testing.T) {
	for words, step := range map[string]time.Duration{"1h0m0s ahead of": time.Hour, "1h0m0s behind": -time.Hour} {
		t.Run(words, func(t *testing.T) {
			s := newStage(t)
			binary := relayproc.BuildClock(t)
			s.relayOf(binary, []string{relayproc.ClockOff(t, step)}, plain...)
			s.examine(plainURL).requireFailed(t, want{"clock", words, "NTP"})
		})
	}
}

func TestAnAccessSecretIsMissingOrWrong(t *testing.T) {
	s := newStage(t)
	config := filepath.Join(t.TempDir(), "relayd.toml")
	text := fmt.Sprintf("[access]\nserver_passphrase_hashes = ['%s']\nclient_passphrase_hashes = ['%s']\n", s.hash("of servers"), s.hash("of clients"))
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	s.relay(append([]string{"--config", config}, plain...)...)
	servers, clients, wrong := s.secret("of servers"), s.secret("of clients"), s.secret("of another relay")

	r := s.examine(plainURL)
	require.Equal(t, 2, r.code, "%+v", r)
	require.False(t, r.OK)
	skipped := r.step("hello")
	require.Equal(t, "skipped", skipped.Status)
	require.Contains(t, skipped.Cause, "the relay asks a server for an access secret, and none was given")
	require.Contains(t, skipped.Advice, "--secret-file")

	s.examine(plainURL, "--secret-file", wrong).requireFailed(t,
		want{"hello", "the relay does not accept the access secret of a server", "`access.server_passphrase_hashes`"})
	s.examine(plainURL, "--secret-file", servers, "--client-secret-file", wrong).requireFailed(t,
		want{"message", "the relay does not accept the access secret of a client", "`access.client_passphrase_hashes`"})
	s.examine(plainURL, "--secret-file", servers, "--client-secret-file", clients).requireFailed(t)
}

// hash returns what relayd keeps of a passphrase.
func (s *stage) hash(passphrase string) string {
	s.t.Helper()
	cmd := exec.CommandContext(patience.Context(s.t), s.relayd, "hash")
	cmd.Stdin = strings.NewReader(passphrase + "\n")
	line, err := cmd.Output()
	require.NoError(s.t, err)
	return strings.TrimSpace(string(line))
}

func (r report) step(name string) step {
	for _, s := range r.Steps {
		if s.Step == name {
			return s
		}
	}
	return step{}
}

func (s *stage) secret(text string) (path string) {
	s.t.Helper()
	path = filepath.Join(s.t.TempDir(), "secret")
	require.NoError(s.t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	return path
}

// join connects a server peer from the visitor's machine.
func (s *stage) join() (p *rawpeer.Peer) {
	s.t.Helper()
	s.visitor.Do(func() { p = rawpeer.Join(s.t, siteIPv4+":8000", "/server") })
	return p
}

// A relay that lets only some messages pass is no broken one, but the step cannot be tried.
func TestTheRelayHasSchemas(t *testing.T) {
	for _, refused := range []string{"drop", "close"} {
		t.Run(refused, func(t *testing.T) {
			s := newStage(t)
			s.relay(append([]string{"--schemas-builtin", "--schemas-unknown", "refuse", "--schemas-refused", refused}, plain...)...)
			r := s.examine(plainURL)
			require.Equal(t, 2, r.code, "%+v", r)
			require.Contains(t, r.step("message").Cause, "the relay's schemas allow no messages of the type doctor")
			require.Contains(t, r.step("message").Advice, "`schemas.folder`")
			requireSettings(t, r.step("message").Advice)
			require.Equal(t, "ok", r.step("data channel").Status)
		})
	}
}

func TestTheRelayIsFull(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--limits-connections", "1"}, plain...)...)
	s.join()
	s.examine(plainURL).requireFailed(t, want{"hello", "this relay has its maximum of peers", "raise `limits.connections`"})
}

func TestTheRelayShutsDown(t *testing.T) {
	s := newStage(t)
	relay := s.relay(append([]string{"--drain", "1m"}, plain...)...)
	for range 64 { // so that one is still there a moment later
		s.join()
	}
	relay.Signal(syscall.SIGTERM)
	relay.WaitLog("shutting down")
	s.examine(plainURL).requireFailed(t, want{"hello", "the relay is shutting down", "`drain`"})
}

// TestTwoRelaysBehindOneName: a balancer sends each connection to the other relay than the one
// before.
func TestTwoRelaysBehindOneName(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", "127.0.0.1:8001")
	s.relay("--listen", "127.0.0.1:8002")
	s.nginxOf("443", "upstream both { server 127.0.0.1:8001; server 127.0.0.1:8002; }\n", s.authority.issue(t, "relay.test", time.Hour), "proxy_pass http://both;\n"+passes)
	r := s.examine("https://relay.test")
	require.Contains(t, r.step("message").Cause, "they reached two relays behind one name", "%+v", r)
	require.Contains(t, r.step("message").Advice, "load balancer")
}
