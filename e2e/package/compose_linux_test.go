package package_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type compose struct {
	Services map[string]struct {
		Environment map[string]string
		Ports       []string
		Volumes     []string
		Profiles    []string
		Entrypoint  []string
		ReadOnly    bool `yaml:"read_only"`
	}
	Volumes map[string]any
}

// TestCompose: what the file says of the image is so. An engine has not read it here.
func TestCompose(t *testing.T) {
	var c compose
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "deploy/compose.yaml")))
	require.NoError(t, decoder.Decode(&c))
	relayd, coturn := c.Services["relayd"], c.Services["coturn"]
	require.Empty(t, relayd.Profiles, "relayd alone is the default")
	require.Equal(t, []string{"turn"}, coturn.Profiles)
	require.Equal(t, []string{"127.0.0.1:8000:8000", "3478:3478/tcp", "3478:3478/udp"}, relayd.Ports)
	require.True(t, relayd.ReadOnly)
	require.Contains(t, c.Volumes, "state")
	i := loadImage(t)
	for path := range i.Config.Volumes {
		require.Contains(t, relayd.Volumes, "state:"+path)
	}

	// The variables, with ICE_URLS unset and set, as compose fills them in.
	secret := filepath.Join(i.folder, "run/secrets/turn.secret")
	require.NoError(t, os.MkdirAll(filepath.Dir(secret), 0o755))
	require.NoError(t, os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600))
	require.NoError(t, os.Chown(secret, 0, nonroot))
	require.NoError(t, os.Chmod(secret, 0o640))
	for urls, want := range map[string]string{"": "urls = []", "turn:turn.example": "urls = ['turn:turn.example']"} {
		var env []string
		for name, value := range relayd.Environment {
			value = strings.ReplaceAll(value, "${ICE_URLS:-}", urls)
			if urls == "" {
				value = strings.ReplaceAll(value, "${ICE_URLS:+/run/secrets/turn.secret}", "")
			}
			value = strings.ReplaceAll(value, "${ICE_URLS:+/run/secrets/turn.secret}", "/run/secrets/turn.secret")
			require.NotContains(t, value, "$", "a variable that this test does not know")
			env = append(env, name+"="+value)
		}
		code, says := run(t, i.command([]string{"/bin/relayd", "check"}, env...))
		require.Zero(t, code, says)
		require.Contains(t, says, want)
	}
}

// TestCoturn starts coturn as the compose file does, as another user of the secret's group.
func TestCoturn(t *testing.T) {
	folder, err := os.MkdirTemp("", "coturn-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.Chmod(folder, 0o777)) // its /tmp
	for name, text := range map[string]string{"secret": "first\nsecond\n", "coturn.sh": read(t, "deploy/coturn.sh"), "coturn.conf": read(t, "deploy/coturn.conf")} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	require.NoError(t, os.Chown(filepath.Join(folder, "secret"), 0, nonroot))
	require.NoError(t, os.Chmod(filepath.Join(folder, "secret"), 0o640))
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	const nobody = 65534
	coturn := exec.Command("sh", "coturn.sh", "coturn.conf", "secret", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers",
		"--listening-port="+port, "--userdb="+folder+"/db", "--pidfile="+folder+"/pid")
	coturn.Dir, coturn.Env = folder, append(os.Environ(), "TMPDIR="+folder)
	coturn.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{nonroot}}}
	var log bytes.Buffer
	coturn.Stdout, coturn.Stderr = &log, &log
	require.NoError(t, coturn.Start())
	ended := make(chan struct{})
	go func() { _ = coturn.Wait(); close(ended) }()
	t.Cleanup(func() { _ = coturn.Process.Kill(); <-ended })
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience, 50*time.Millisecond)

	for secret, right := range map[string]bool{"first": true, "second": true, "third": false} {
		client := exec.Command("turnutils_uclient", "-y", "-c", "-n", "1", "-m", "1", "-l", "100", "-e", "127.0.0.1", "-W", secret, "-u", "peer", "-p", port, "127.0.0.1")
		code, says := run(t, client)
		require.Equal(t, right, code == 0, "%s: %s", secret, says)
	}
	arguments, err := os.ReadFile("/proc/" + strings.TrimSpace(pid(t, folder)) + "/cmdline")
	require.NoError(t, err)
	require.NotContains(t, string(arguments), "first", "which everybody could see")
}

func pid(t *testing.T, folder string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "pid"))
	require.NoError(t, err)
	return string(text)
}
