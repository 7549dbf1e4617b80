package operate_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
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

// A front is a proxy with the configuration that the guide shows, on a loopback port,
// and the addresses of loopback that its clients connect from.
type front struct {
	t       *testing.T
	pair    *pair
	folder  string // with all that it writes
	address string
}

// startFront starts a proxy in front of a relay; configure writes the guide's block into the
// folder as one that works here, and gives the command.
func startFront(t *testing.T, relay *relayproc.Relay, configure func(f *front, relay string) *exec.Cmd) *front {
	t.Helper()
	f := &front{t: t, pair: newPair(t), folder: t.TempDir(), address: fmt.Sprint("127.0.0.1:", freeTCPPort(t))}
	cmd := configure(f, relay.Addr)
	output, err := os.Create(filepath.Join(f.folder, "output.log"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // nginx has processes of its own
	require.NoError(t, cmd.Start(), "run `make setup`")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		_ = output.Close()
		if t.Failed() {
			t.Logf("what the proxy wrote:\n%s", f.wrote())
		}
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", f.address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience.Max, 20*time.Millisecond, "the proxy does not listen")
	return f
}

func nginxOfTheGuide(f *front, relay string) *exec.Cmd {
	shown := blocksOf(f.t, "../../docs/proxy.md", "nginx")
	require.Len(f.t, shown, 1)
	site := swapped(f.t, shown[0], "listen 443", "listen "+f.address, "127.0.0.1:8000", relay,
		"/etc/ssl/relay/cert.pem", f.pair.cert, "/etc/ssl/relay/key.pem", f.pair.key, "/var/log/nginx", f.folder)
	// Around it what Debian has around it, the access log among it.
	text := "daemon off;\npid pid;\nerror_log early.log;\nworker_processes 1;\nevents {}\nhttp {\naccess_log access.log;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += kind + "_temp_path " + kind + ";\n"
	}
	config := filepath.Join(f.folder, "nginx.conf")
	require.NoError(f.t, os.WriteFile(config, []byte(text+site+"}\n"), 0o600))
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which is in root's PATH only
	}
	return exec.Command(program, "-p", f.folder, "-e", filepath.Join(f.folder, "early.log"), "-c", config)
}

func caddyOfTheGuide(f *front, relay string) *exec.Cmd {
	shown := blocksOf(f.t, "../../docs/proxy.md", "caddyfile")
	require.Len(f.t, shown, 1)
	text := swapped(f.t, shown[0], "127.0.0.1:8000", relay, "{\n\tlog", "{\n\tadmin off\n\tauto_https off\n\tlog",
		"relay.example.org {", "https://"+f.address+" {\n\tbind 127.0.0.1\n\ttls "+f.pair.cert+" "+f.pair.key)
	config := filepath.Join(f.folder, "Caddyfile")
	require.NoError(f.t, os.WriteFile(config, []byte(text), 0o600))
	cmd := exec.Command("caddy", "run", "--config", config, "--adapter", "caddyfile")
	cmd.Env = append(cmd.Environ(), "XDG_DATA_HOME="+f.folder, "XDG_CONFIG_HOME="+f.folder)
	return cmd
}

// wrote gives all that the proxy has written.
func (f *front) wrote() string {
	f.t.Helper()
	files, err := filepath.Glob(filepath.Join(f.folder, "*.log"))
	require.NoError(f.t, err)
	var all strings.Builder
	for _, file := range files {
		fmt.Fprintf(&all, "%s:\n%s\n", filepath.Base(file), read(f.t, file))
	}
	return all.String()
}

// from is a client of the proxy at another address of loopback.
func (f *front) from(address string) *http.Client {
	dialer := &net.Dialer{Timeout: patience.Max, LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: f.pair.roots}}}
}

// raw makes a handshake from such an address, and gives the answer's status.
func (f *front) raw(address, path string, headers ...string) (*rawpeer.Peer, int) {
	f.t.Helper()
	dialer := &net.Dialer{Timeout: patience.Max, LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := tls.DialWithDialer(dialer, "tcp", f.address, &tls.Config{RootCAs: f.pair.roots})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { _ = conn.Close() })
	require.NoError(f.t, conn.SetDeadline(time.Now().Add(2*time.Minute)))
	p := &rawpeer.Peer{T: f.t, Conn: conn, Reader: bufio.NewReader(conn)}
	p.Write(strings.Replace(rawpeer.Handshake(path, headers...), "Host: 127.0.0.1", "Host: "+f.address, 1))
	return p, p.Answer().StatusCode
}
