package doctor_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// operate runs `relayd doctor` on the site.
func (s *stage) operate(args ...string) report {
	s.t.Helper()
	first := []string{s.relayd, "doctor"}
	if len(args) > 0 && args[0][0] != '-' {
		first, args = append(first, args[0]), args[1:]
	}
	return s.run(s.site, nil, append(append(first, "--json", "--state-dir", s.t.TempDir()), args...)...)
}

func TestTheOperatorsDoctor(t *testing.T) {
	s := newStage(t)
	p := s.authority.issue(t, "relay.test", time.Hour)
	args := []string{"--listen", ":443", "--turn-enabled", "--tls-cert-file", p.cert, "--tls-key-file", p.key}
	s.relay(args...)
	r := s.operate(args...)
	r.requireFailed(t)
	require.Equal(t, "https://relay.test", r.URL)
}

func TestTheOperatorsDoctorSaysWhatIsWrong(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", siteIPv4+":8000")
	s.operate("--listen", siteIPv4+":8000").requireFailed(t,
		want{"udp port", "relayd's TURN server is switched off", "`turn.enabled = true`"},
		want{"turn", "the relay names no TURN server", "`turn.enabled = true`"})
	s.operate(plainURL, "--listen", siteIPv4+":8000", "--turn-enabled", "--host", "other.test").requireFailed(t,
		want{"names", "`hosts` does not list relay.test", "add 'relay.test' to `hosts`"},
		want{"udp port", "relayd does not answer on its UDP port", "`turn.enabled = true`"},
		want{"turn", "the relay names no TURN server", "`turn.enabled = true`"})
	s.operate("--listen", siteIPv4+":9000").requireFailed(t,
		want{"relayd", "no relayd of this configuration answers on this machine", "`listen`"},
		want{"udp port", "switched off", "`turn.enabled = true`"},
		want{"tcp", "nothing listens on TCP port 9000", "start relayd"})

	key := filepath.Join(t.TempDir(), "relay.key")
	require.NoError(t, os.WriteFile(key, []byte("x"), 0o644))
	r := s.operate("--listen", siteIPv4+":8000", "--key-file", key)
	require.Equal(t, "failed", r.step("files").Status)
	require.Contains(t, r.step("files").Cause, key)
}

// TestAnotherProgramHasTheUDPPort: relayd does not start then, and the doctor says why.
func TestAnotherProgramHasTheUDPPort(t *testing.T) {
	s := newStage(t)
	var socket net.PacketConn
	s.site.Do(func() {
		var err error
		socket, err = net.ListenPacket("udp", siteIPv4+":8000")
		require.NoError(t, err)
	})
	t.Cleanup(func() { _ = socket.Close() })
	s.operate("--listen", siteIPv4+":8000", "--turn-enabled").requireFailed(t,
		want{"relayd", "no relayd of this configuration answers on this machine", "start relayd"},
		want{"udp port", "relayd does not answer on its UDP port", "another program has the UDP port"},
		want{"tcp", "nothing listens on TCP port 8000", "start relayd"})
}
