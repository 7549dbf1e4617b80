package main_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// healthcheck runs relayd healthcheck and gives its exit code and what it prints.
func healthcheck(t *testing.T, env []string, args ...string) (code int, says string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, relayd, append([]string{"healthcheck"}, args...)...)
	cmd.Env = append([]string{"SystemRoot=" + os.Getenv("SystemRoot")}, env...)
	out, _ := cmd.CombinedOutput()
	require.Equal(t, 1, strings.Count(string(out), "\n"), "one sentence: %q", out)
	return cmd.ProcessState.ExitCode(), string(out)
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	return port
}

// TestHealthcheck takes what serve takes, from all its sources, and asks the relay so.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"plain":                     nil,
		"TLS":                       {"--tls-self-signed"},
		"PROXY protocol":            {"--proxy-trusted", "127.0.0.0/8", "--proxy-protocol", "proxy-protocol"},
		"PROXY protocol and TLS":    {"--proxy-trusted", "127.0.0.0/8", "--proxy-protocol", "proxy-protocol", "--tls-self-signed"},
		"PROXY protocol of another": {"--proxy-trusted", "192.0.2.1", "--proxy-protocol", "proxy-protocol"},
		"trusted header":            {"--proxy-trusted", "127.0.0.0/8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append(args, "--state-dir", t.TempDir())
			d := start(t, nil, args...)
			code, says := healthcheck(t, []string{"RELAYD_LISTEN=" + d.address, "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1"}, args...)
			require.Zero(t, code, says)
			require.Equal(t, "the relay on "+d.address+" is well\n", says)
			for _, everywhere := range []string{":", "0.0.0.0:"} {
				code, says = healthcheck(t, nil, append(args, "--listen", everywhere+port(t, d.address))...)
				require.Zero(t, code, says)
			}
			d.kill()
			code, says = healthcheck(t, nil, append(args, "--config", written(t, "relayd.toml", "listen = '"+d.address+"'\n"))...)
			require.Equal(t, 1, code)
			require.Contains(t, says, "refused")
		})
	}
}

func TestHealthcheckSaysNo(t *testing.T) {
	t.Parallel()
	another := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	t.Cleanup(another.Close)
	for says, args := range map[string][]string{
		"answers 302 Found":              {"--listen", another.Listener.Addr().String()},
		"on a free port":                 {"--listen", "127.0.0.1:0"},
		"must be an address with a port": {"--listen", "127.0.0.1"},
		"did you mean --list":            {"--listn", ":1"},
	} {
		code, said := healthcheck(t, nil, args...)
		require.Equal(t, 1, code, "Docker keeps 2 for itself")
		require.Contains(t, said, says)
	}
}

// TestHealthcheckOfSilence: a relay that hangs is not well, and who asks does not hang.
func TestHealthcheckOfSilence(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	code, says := healthcheck(t, nil, "--listen", silent.Addr().String())
	require.Equal(t, 1, code)
	require.Contains(t, says, "Timeout")
}
