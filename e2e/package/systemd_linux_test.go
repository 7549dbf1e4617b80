package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exposure is what `systemd-analyze security` may count at most, of 100: ports, the
// network and the capability for ports below 1024 are what a relay is.
const exposure = "20"

// unit gives the path of the unit with the relay of the release in it: the tool looks
// whether the program is there.
func unit(t *testing.T) string {
	t.Helper()
	text := strings.ReplaceAll(read(t, "deploy/relayd.service"), "/usr/local/bin/relayd", unpackRelease(t, "linux_amd64")+"/relayd")
	path := filepath.Join(t.TempDir(), "relayd.service")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestUnit(t *testing.T) {
	code, says := run(t, exec.Command("systemd-analyze", "verify", "--man=no", unit(t)))
	require.Zero(t, code, says)
	require.Empty(t, says)
	code, says = run(t, exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+exposure, unit(t)))
	require.Zero(t, code, says)
	user := exec.Command("systemd-sysusers", "--dry-run", "-")
	user.Stdin = strings.NewReader(read(t, "deploy/relayd.sysusers"))
	code, says = run(t, user)
	require.Zero(t, code, says)
	require.Contains(t, says, "relayd")
}

// TestSupervisorsWaitForTheDrain: two seconds more than relayd's default, which is what
// the reference tells operators.
func TestSupervisorsWaitForTheDrain(t *testing.T) {
	code, says := run(t, exec.Command(unpackRelease(t, "linux_amd64")+"/relayd", "check"))
	require.Zero(t, code, says)
	drain := duration(t, `(?m)^drain = '(\w+)'`, says)
	require.Positive(t, drain)
	for path, pattern := range map[string]string{
		"deploy/relayd.service": `(?m)^TimeoutStopSec=(\w+)$`,
		"deploy/compose.yaml":   `(?m)^ +stop_grace_period: (\w+)`,
	} {
		require.Equal(t, drain+2*time.Second, duration(t, pattern, read(t, path)), path)
	}
}

func duration(t *testing.T, pattern, text string) time.Duration {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.NotNil(t, found, "%s in:\n%s", pattern, text)
	d, err := time.ParseDuration(found[1])
	require.NoError(t, err)
	return d
}
