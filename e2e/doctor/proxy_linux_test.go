package doctor_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// behindProxy are the arguments of a relayd behind a proxy on its machine, which passes HTTP
// only. TURN has a port of its own.
var behindProxy = []string{"--listen", "127.0.0.1:8000", "--proxy-trusted", "127.0.0.1", "--turn-enabled", "--turn-listen", siteIPv4 + ":3478"}

// passes are nginx's lines as docs/proxy.md has them.
const passes = `proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto $scheme;
`

// nginx starts a server with TLS on the site, which has these lines in its only location.
func (s *stage) nginx(port string, p pair, lines string) {
	s.t.Helper()
	s.nginxOf(port, "", p, lines)
}

// nginxOf is nginx with something ahead of the server, such as an upstream.
func (s *stage) nginxOf(port, ahead string, p pair, lines string) {
	s.t.Helper()
	address := siteIPv4 + ":" + port
	s.runNginx(address, "http {\naccess_log off;\n"+ahead+"server {\nlisten "+address+" ssl;\n"+certificateLines(p)+"location / {\n"+lines+"}\n}\n")
}

func certificateLines(p pair) string {
	return "ssl_certificate " + p.cert + ";\nssl_certificate_key " + p.key + ";\n"
}

// runNginx starts nginx with a block that begins so, and with what it needs to run here.
func (s *stage) runNginx(address, block string) {
	s.t.Helper()
	folder := s.t.TempDir()
	ahead := "user root;\ndaemon off;\npid pid;\nerror_log error.log;\nworker_processes 1;\nevents {}\n"
	if strings.HasPrefix(block, "stream") {
		ahead = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n" + ahead
	} else {
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			block += kind + "_temp_path " + kind + ";\n"
		}
	}
	config := filepath.Join(folder, "nginx.conf")
	require.NoError(s.t, os.WriteFile(config, []byte(ahead+block+"}\n"), 0o600))
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which is in root's PATH only
	}
	s.start(exec.Command(program, "-p", folder, "-e", filepath.Join(folder, "early.log"), "-c", config), address)
}

// start starts a program on the site and waits until it listens.
func (s *stage) start(cmd *exec.Cmd, address string) {
	s.t.Helper()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	s.site.Wrap(cmd)
	cmd.SysProcAttr.Setpgid = true // nginx has processes of its own
	require.NoError(s.t, cmd.Start(), "run `make setup`")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		if s.t.Failed() {
			s.t.Logf("what %s wrote:\n%s", cmd.Args[len(cmd.Args)-1], said.String())
		}
	})
	require.Eventually(s.t, func() (up bool) {
		s.site.Do(func() {
			conn, err := net.Dial("tcp", address)
			if up = err == nil; up {
				_ = conn.Close()
			}
		})
		return up
	}, patience.Max, 20*time.Millisecond, "%v does not listen", cmd.Args)
}

// behind starts relayd and nginx in front of it.
func (s *stage) behind(port, lines string) {
	s.t.Helper()
	s.relay(behindProxy...)
	s.nginx(port, s.authority.issue(s.t, "relay.test", time.Hour), "proxy_pass http://127.0.0.1:8000;\n"+lines)
}

func TestAProxyThatPassesAll(t *testing.T) {
	s := newStage(t)
	s.behind("443", passes)
	s.examine("https://relay.test", "--page", "https://relay.test/any", "--long=100ms").requireFailed(t)
}

func TestAProxyChangesHost(t *testing.T) {
	s := newStage(t)
	s.behind("443", strings.Replace(passes, "proxy_set_header Host $http_host;\n", "", 1))
	s.examine("https://relay.test").requireFailed(t,
		want{"origin", "a proxy changes Host", "proxy_set_header Host $http_host"},
		want{"turn", "the relay names the TURN host 127.0.0.1", "have the proxy pass Host on"})
}

func TestAProxyDropsThePortFromHost(t *testing.T) {
	s := newStage(t)
	s.behind("8443", strings.Replace(passes, "$http_host", "$host", 1))
	s.examine("https://relay.test:8443").requireFailed(t, want{"origin", "a proxy drops the port from Host", "proxy_set_header Host $http_host"})
}

func TestAProxyDoesNotForwardTheUpgrade(t *testing.T) {
	s := newStage(t)
	lines := strings.Replace(passes, "proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n", "", 1)
	s.behind("443", lines)
	s.examine("https://relay.test").requireFailed(t, want{"websocket", "a proxy does not forward the WebSocket upgrade", "proxy_set_header Upgrade $http_upgrade"})
}

func TestAProxyDropsOrigin(t *testing.T) {
	s := newStage(t)
	s.behind("443", passes+"proxy_set_header Origin '';\n")
	s.examine("https://relay.test").requireFailed(t, want{"origin", "a proxy drops the header Origin", "pass the header Origin on"})
}

func TestAProxyDropsTheSubprotocol(t *testing.T) {
	s := newStage(t)
	s.behind("443", passes+"proxy_set_header Sec-WebSocket-Protocol '';\n")
	s.examine("https://relay.test").requireFailed(t, want{"websocket", "a proxy drops Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol both ways"})
}

// relayd expects the header of a proxy, and the visitor has none.
func TestTheRelayWaitsForAProxy(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", ":8000", "--turn-enabled", "--proxy-trusted", "10.0.0.0/8", "--proxy-protocol", "proxy-protocol")
	s.examine(plainURL).requireFailed(t, want{"http", "does not answer HTTP", "`proxy.protocol = 'proxy-protocol'`"})
}

func TestAProxyClosesQuietConnections(t *testing.T) {
	s := newStage(t)
	s.behind("443", passes+"proxy_read_timeout 2s;\n")
	s.examine("https://relay.test", "--long=1m").requireFailed(t, want{"stay", "closes a quiet connection after 2", "proxy_read_timeout"})
}

func TestAProxyCannotReachTheRelay(t *testing.T) {
	s := newStage(t)
	s.nginx("443", s.authority.issue(t, "relay.test", time.Hour), "proxy_pass http://127.0.0.1:8000;\n"+passes)
	s.examine("https://relay.test").requireFailed(t, want{"http", "a proxy answers 502 Bad Gateway (Server: nginx", "`listen`"})
}

func TestSomethingElseAnswers(t *testing.T) {
	s := newStage(t)
	s.nginx("443", s.authority.issue(t, "relay.test", time.Hour), "default_type text/plain;\nreturn 200 'It works!';\n")
	s.examine("https://relay.test").requireFailed(t, want{"http", "something other than a relay answers at https://relay.test/server: 200 OK, \"It works!\"", "/server and /client/"})
}

// The relay does not know the name by which the proxy is reached.
func TestHostsLacksTheName(t *testing.T) {
	s := newStage(t)
	s.relay(append([]string{"--host", "other.test"}, behindProxy...)...)
	s.nginx("443", s.authority.issue(t, "relay.test", time.Hour), "proxy_pass http://127.0.0.1:8000;\n"+passes)
	s.examine("https://relay.test").requireFailed(t, want{"origin", "the relay does not know relay.test", "add 'relay.test' to `hosts`"})
}

// TURN shares the port of a listener behind a proxy, so only WebSockets pass.
func TestOnlyWebSocketsPass(t *testing.T) {
	s := newStage(t)
	s.relay("--listen", siteIPv4+":8000", "--proxy-trusted", siteIPv4, "--turn-enabled", "--turn-udp-port", "8000", "--turn-tcp-port", "443")
	s.nginx("443", s.authority.issue(t, "relay.test", time.Hour), "proxy_pass http://"+siteIPv4+":8000;\n"+passes)
	s.examine("https://relay.test").requireFailed(t, want{"turn tcp", "an HTTP server answers at relay.test:443, not TURN", "`turn.listen`"})
}
