//go:build unix

package cluster_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/sdk"
)

const deploy = "../../deploy/cluster/"

// TestCompose runs what compose.yaml says, without a container engine: the three etcd, the three
// nodes and Caddy are processes with its settings, its secrets and its Caddyfile, and only paths and
// addresses are the test's.
func TestCompose(t *testing.T) {
	var file struct {
		Services map[string]struct{ Environment map[string]string }
	}
	text, err := os.ReadFile(deploy + "compose.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &file))
	folder := t.TempDir()
	secrets := filepath.Join(folder, "secrets")
	run(t, exec.Command("sh", deploy+"secrets.sh", secrets, "relayd-1,relayd-2,relayd-3", "etcd-1,etcd-2,etcd-3"))

	local := []string{"/run/secrets/", secrets + "/", "172.31.250.0/24", "127.0.0.1"}
	for i := 1; i <= 3; i++ {
		first := fivePorts(t)
		local = append(local, fmt.Sprintf("//etcd-%d:2379", i), address("//", first), fmt.Sprintf("//etcd-%d:2380", i), address("//", first+1),
			fmt.Sprintf("relayd-%d:8001", i), address("", first+2))
	}
	here := strings.NewReplacer(local...)

	for i := 1; i <= 3; i++ {
		name := fmt.Sprintf("etcd-%d", i)
		service := file.Services[name].Environment
		client, peers := here.Replace(service["ETCD_ADVERTISE_CLIENT_URLS"]), here.Replace(service["ETCD_INITIAL_ADVERTISE_PEER_URLS"])
		etcd := exec.Command("etcd", "--unsafe-no-fsync")
		etcd.Env = os.Environ()
		for key, value := range service {
			switch key {
			case "ETCD_DATA_DIR":
				value = filepath.Join(folder, name)
			case "ETCD_LISTEN_CLIENT_URLS":
				value = client
			case "ETCD_LISTEN_PEER_URLS":
				value = peers
			}
			etcd.Env = append(etcd.Env, key+"="+here.Replace(value))
		}
		keep(t, etcd)
	}

	var nodes []string
	var relays []*relayproc.Relay
	for i := 1; i <= 3; i++ {
		service := file.Services[fmt.Sprintf("relayd-%d", i)].Environment
		var env []string
		for key, value := range service {
			if key == "RELAYD_CLUSTER_LISTEN" {
				require.Equal(t, ":8001", value)
				value = service["RELAYD_CLUSTER_ADVERTISE"]
			}
			env = append(env, key+"="+here.Replace(value))
		}
		binary := relayproc.Build(t, "relayd", "-race")
		require.Eventually(t, func() bool { // as etcd comes up
			check := exec.Command(binary, "check")
			check.Env = env
			return check.Run() == nil
		}, patience.Max, 100*time.Millisecond, "relayd check fails with the settings of relayd-%d", i)
		relays = append(relays, relayproc.StartWith(t, relayproc.Limits{}, env, binary))
		nodes = append(nodes, relays[i-1].Addr)
	}

	front := address("http://", fivePorts(t))
	caddy := exec.Command("caddy", "run", "--config", deploy+"Caddyfile", "--adapter", "caddyfile")
	caddy.Env = append(os.Environ(), "SITE="+front, "NODES="+strings.Join(nodes, " "), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	keep(t, caddy)
	require.Eventually(t, func() bool { return answers(front + "/readyz") }, patience.Max, 100*time.Millisecond)

	options := &sdk.Options{Paths: sdk.PathsRelay}
	listener, err := sdk.Listen(patience.Context(t), strings.Replace(front, "http", "ws", 1)+"/server", options)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	for _, r := range relays { // rooms and peers move, whichever node ends
		r.Kill()
		conn, err := sdk.Dial(patience.Context(t), listener.ClientURL(), options)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.NoError(t, r.Process.Start())
	}
}

// TestKubernetes: the settings of the StatefulSet are relayd's, the certificate's names are those of
// its pods, its probes are answered, and a pod has the time to drain.
func TestKubernetes(t *testing.T) {
	file, err := os.Open(deploy + "kubernetes.yaml")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var set struct {
		Kind string
		Spec struct {
			Replicas    int
			ServiceName string `yaml:"serviceName"`
			Template    struct {
				Spec struct {
					Grace      int `yaml:"terminationGracePeriodSeconds"`
					Containers []struct {
						Env            []struct{ Name, Value string }
						StartupProbe   map[string]any `yaml:"startupProbe"`
						LivenessProbe  map[string]any `yaml:"livenessProbe"`
						ReadinessProbe map[string]any `yaml:"readinessProbe"`
						Lifecycle      struct {
							PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
						}
					}
				}
			}
		}
	}
	for decoder := yaml.NewDecoder(file); set.Kind != "StatefulSet"; {
		require.NoError(t, decoder.Decode(&set))
	}
	pod := set.Spec.Template.Spec
	container := pod.Containers[0]
	for i := range set.Spec.Replicas {
		name := fmt.Sprintf("relayd-%d", i)
		var env []string
		for _, v := range container.Env {
			if strings.HasPrefix(v.Name, "RELAYD_") {
				env = append(env, v.Name+"="+strings.NewReplacer("$(POD)", name, "$(NAMESPACE)", "default").Replace(v.Value))
			}
		}
		c, _, err := config.Load(nil, env)
		require.NoError(t, err)
		require.Equal(t, name, c.Cluster.Name)
		require.Equal(t, name+"."+set.Spec.ServiceName+".default.svc:8001", c.Cluster.At())
		require.Contains(t, c.Cluster.Members, strings.TrimSuffix(c.Cluster.At(), ":8001"))
		require.Greater(t, pod.Grace, container.Lifecycle.PreStop.Sleep.Seconds+int(c.Drain.Seconds())+2)
	}
	secrets := filepath.Join(t.TempDir(), "secrets")
	run(t, exec.Command("sh", deploy+"secrets.sh", secrets, "*.relayd-nodes.default.svc", "etcd.default.svc"))
	for _, name := range []string{"relayd-0.relayd-nodes.default.svc", "relayd-2.relayd-nodes.default.svc"} {
		out := run(t, exec.Command("openssl", "verify", "-CAfile", secrets+"/ca.pem", "-verify_hostname", name, secrets+"/node.pem"))
		require.Contains(t, out, "OK")
	}
	relay := relayproc.Start(t)
	for _, p := range []map[string]any{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
		require.True(t, answers(relay.HTTP+p["httpGet"].(map[string]any)["path"].(string)))
	}
}

// TestDocumentedSettings: those of docs/cluster.md are a node's.
func TestDocumentedSettings(t *testing.T) {
	blocks := guide.Blocks(t, "../../docs/cluster.md", "toml")
	require.Len(t, blocks, 1)
	path := filepath.Join(t.TempDir(), "relayd.toml")
	require.NoError(t, os.WriteFile(path, []byte(blocks[0].Text), 0o600))
	c, _, err := config.Load([]string{"--config", path}, nil)
	require.NoError(t, err)
	require.True(t, c.Cluster.Enabled())
	require.Contains(t, c.Cluster.Members, c.Cluster.Name+".internal")
}

func address(before string, port int) string { return fmt.Sprintf("%s127.0.0.1:%d", before, port) }

func answers(url string) bool {
	response, err := http.Get(url)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// run runs a program to its end and returns what it prints.
func run(t *testing.T, program *exec.Cmd) string {
	t.Helper()
	out, err := program.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// keep runs a program until the test ends.
func keep(t *testing.T, program *exec.Cmd) {
	t.Helper()
	var out bytes.Buffer
	program.Stdout, program.Stderr = &out, &out
	require.NoError(t, program.Start())
	t.Cleanup(func() {
		_ = program.Process.Kill()
		err := program.Wait()
		if exit := new(exec.ExitError); t.Failed() && errors.As(err, &exit) {
			t.Logf("%s ended with %v:\n%s", program.Path, exit, out.String()[max(0, out.Len()-4000):])
		}
	})
}
