package clusterproof

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// balancer is the address of nginx, which nodes trust. It has the first address of the bridge.
func (w *world) balancer() string { return w.net + ".0.200" }

// balance puts nginx in front of the nodes, with the configuration of deploy/cluster, and has the
// peers connect to it.
func (w *world) balance() {
	w.t.Helper()
	text, err := os.ReadFile("../../../deploy/cluster/nginx.conf")
	require.NoError(w.t, err)
	folder := w.t.TempDir()
	address := w.balancer() + ":8080"
	swaps := []string{"listen 8080", "listen " + address, "/var/log/nginx", folder,
		"http {\n", "http {\nclient_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n"}
	for i, n := range w.nodes {
		swaps = append(swaps, fmt.Sprintf("relayd-%d:8000", i+1), n.Addr)
	}
	for i := 0; i < len(swaps); i += 2 {
		require.Equal(w.t, 1, strings.Count(string(text), swaps[i]), "%q in nginx.conf", swaps[i])
	}
	config := filepath.Join(folder, "nginx.conf")
	site := "user root;\ndaemon off;\npid pid;\n" + strings.NewReplacer(swaps...).Replace(string(text))
	require.NoError(w.t, os.WriteFile(config, []byte(site), 0o600))
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which is in root's PATH only
	}
	nginx := exec.Command(program, "-p", folder, "-e", filepath.Join(folder, "early.log"), "-c", config)
	var said strings.Builder
	nginx.Stdout, nginx.Stderr = &said, &said
	nginx.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // it has processes of its own
	require.NoError(w.t, nginx.Start(), "run `make setup`")
	ended := make(chan error, 1)
	go func() { ended <- nginx.Wait() }() // until the cleanup ends it
	w.t.Cleanup(func() {
		_ = syscall.Kill(-nginx.Process.Pid, syscall.SIGKILL)
		<-ended
		if w.t.Failed() {
			errors, _ := os.ReadFile(filepath.Join(folder, "error.log"))
			w.t.Logf("what nginx wrote:\n%s%s", said.String(), errors)
		}
	})
	require.Eventually(w.t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, patience.Max, 20*time.Millisecond, "nginx does not listen")
	w.doors = []string{address}
}
