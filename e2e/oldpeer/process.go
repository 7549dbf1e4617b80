package oldpeer

import (
	"bufio"
	"bytes"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Dial starts an old native client, which returns what it receives. It ends with the test.
func Dial(t testing.TB, url string) {
	t.Helper()
	start(t, "dial", url)
}

// Listen is Dial for a server, and returns the URL for its clients.
func Listen(t testing.TB, url string) (clientURL string) {
	t.Helper()
	line, err := start(t, "listen", url).ReadString('\n')
	require.NoError(t, err)
	return line[:len(line)-1]
}

func start(t testing.TB, args ...string) (output *bufio.Reader) {
	t.Helper()
	path, err := native()
	require.NoError(t, err)
	cmd := exec.Command(path, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the old peer said:\n%s", stderr.Bytes())
		}
	})
	return bufio.NewReader(stdout)
}
