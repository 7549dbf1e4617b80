package doctor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTURNIsOff(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":8000")
	s.examine(plainURL).requireFailed(t, want{"turn", "the relay names no TURN server", "`turn.enabled = true`"})
}

func TestTheTURNHostDoesNotResolve(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--turn-host", "nowhere.invalid"}, plain...)...)
	s.examine(plainURL).requireFailed(t, want{"turn", "the TURN host nowhere.invalid, which the relay names, does not resolve", "`turn.hosts`"})
}

func TestTheTURNHostIsLoopback(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--turn-host", "127.0.0.1"}, plain...)...)
	s.examine(plainURL).requireFailed(t, want{"turn", "the relay names the TURN host 127.0.0.1, which is each client's own machine", "`turn.hosts`"})
}

func TestTheTURNServerIsFull(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--turn-allocations", "1"}, plain...)...)
	s.examine(plainURL).requireFailed(t,
		want{"turn udp", "the TURN server at relay.test:8000 has no capacity: 508", "raise `turn.allocations`"},
		want{"turn tcp", "the TURN server at relay.test:8000 has no capacity: 508", "raise `turn.allocations`"})
}

func TestTheTURNPortIsAnother(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--turn-udp-port", "9000"}, plain...)...)
	s.examine(plainURL).requireFailed(t, want{"turn udp", "nothing listens on UDP port 9000 of relay.test", "`turn.udp_port`"})
}

// relayd and coturn have different secrets.
func TestTheTURNSecretIsWrong(t *testing.T) {
	s := newStage(t)
	s.coturn("the secret of coturn")
	s.relay("--listen", ":8000", "--ice-url", "turn:relay.test:3478", "--ice-url", "turn:relay.test:3478?transport=tcp", "--ice-secret-file", s.secret("another secret for peers"))
	s.examine(plainURL).requireFailed(t,
		want{"turn udp", "the TURN server at relay.test:3478 does not accept the credential", "`ice.secret_file`"},
		want{"turn tcp", "the TURN server at relay.test:3478 does not accept the credential", "`ice.secret_file`"})
}

func TestCoturnWorks(t *testing.T) {
	s := newStage(t)
	s.coturn("the secret of both")
	s.relay("--listen", ":8000", "--ice-url", "turn:relay.test:3478", "--ice-url", "turn:relay.test:3478?transport=tcp", "--ice-secret-file", s.secret("the secret of both"))
	s.examine(plainURL).requireFailed(t)
}

// coturn starts coturn on the site.
func (s *stage) coturn(secret string) {
	s.t.Helper()
	folder := s.t.TempDir()
	config := filepath.Join(folder, "turnserver.conf")
	require.NoError(s.t, os.WriteFile(config, []byte("listening-ip="+siteIPv4+"\nrelay-ip="+siteIPv4+"\nlistening-port=3478\nrealm=relay.test\nuse-auth-secret\nstatic-auth-secret="+secret+
		"\nno-multicast-peers\nno-cli\nno-tls\nno-dtls\nlog-file=stdout\nsimple-log\nuserdb="+filepath.Join(folder, "turndb")+"\npidfile="+filepath.Join(folder, "pid")+"\n"), 0o600))
	s.start(exec.Command("turnserver", "-c", config), siteIPv4+":3478")
}

// Two nodes share a name and keys. What HELLO names over TCP is the other node.
func TestTURNIsAnotherNode(t *testing.T) {
	s := newStage(t)
	key := filepath.Join(t.TempDir(), "relay.key")
	text, err := exec.Command("openssl", "rand", "-base64", "32").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, text, 0o600))
	s.relay("--listen", ":8000", "--turn-enabled", "--turn-tcp-port", "9000", "--key-file", key)
	s.relay("--listen", ":9000", "--turn-enabled", "--turn-label", "192.0.2.2", "--key-file", key)
	s.examine(plainURL).requireFailed(t, want{"turn tcp", "does not know this peer: it belongs to another relay", "`turn.hosts`"})
}
