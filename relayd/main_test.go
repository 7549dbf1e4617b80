package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// patience bounds every wait of a test for what should come at once. It only ends what hangs:
// a machine may be busy for a while, and a test that passes never waits for it.
const patience = 2 * time.Minute

// relayd is the program, built once.
var relayd string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "relayd-test-*")
	if err != nil {
		panic(err)
	}
	relayd = filepath.Join(folder, "relayd.exe") // Windows needs the suffix, and other systems accept it
	build := exec.Command("go", "build", "-o", relayd, ".")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// daemon is a relayd of its own, as a process on a free loopback port.
type daemon struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	records chan map[string]any // what it logs
	exited  chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

// launch starts relayd with nothing in its environment but what is given.
func launch(t *testing.T, env []string, args ...string) *daemon {
	t.Helper()
	return launchAs(t, env, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug"}, args...)...)
}

// launchAs is launch with no arguments of its own: what they say, a file cannot change.
func launchAs(t *testing.T, env []string, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, records: make(chan map[string]any, 1000), exited: make(chan struct{})}
	d.cmd = exec.Command(relayd, args...)
	d.cmd.Env = append([]string{"SystemRoot=" + os.Getenv("SystemRoot")}, env...)
	stderr, err := d.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, d.cmd.Start())
	go d.follow(stderr)
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("relayd's log:\n%s", d.log())
		}
	})
	return d
}

// start launches relayd and waits until it listens.
func start(t *testing.T, env []string, args ...string) *daemon {
	t.Helper()
	d := launch(t, env, args...)
	d.address, _ = d.logs("listening")["address"].(string)
	return d
}

// fails launches a relayd that must not start, and gives what it says.
func fails(t *testing.T, code int, env []string, args ...string) string {
	t.Helper()
	d := launch(t, env, args...)
	require.Equal(t, code, d.exit())
	return d.log()
}

func (d *daemon) follow(stderr io.Reader) {
	defer close(d.exited)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		d.mu.Lock()
		d.text.Write(append(lines.Bytes(), '\n'))
		d.mu.Unlock()
		var record map[string]any
		if json.Unmarshal(lines.Bytes(), &record) == nil {
			d.records <- record
		}
	}
	_ = d.cmd.Wait()
}

// logs waits for the next log line that says so.
func (d *daemon) logs(message string) map[string]any {
	d.t.Helper()
	late := time.After(patience)
	for {
		select {
		case record := <-d.records:
			if text, _ := record["msg"].(string); strings.HasPrefix(text, message) {
				return record
			}
		case <-d.exited:
			if len(d.records) == 0 {
				d.t.Fatalf("relayd has ended and did not log %q:\n%s", message, d.log())
			}
		case <-late:
			d.t.Fatalf("relayd does not log %q:\n%s", message, d.log())
		}
	}
}

func (d *daemon) log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// kill ends the process as a crash would; exit waits for its own end.
func (d *daemon) kill() {
	_ = d.cmd.Process.Kill()
	<-d.exited
}

func (d *daemon) exit() int {
	d.t.Helper()
	select {
	case <-d.exited:
	case <-time.After(patience):
		d.t.Fatalf("relayd does not end:\n%s", d.log())
	}
	return d.cmd.ProcessState.ExitCode()
}

// status asks for a page and gives its status.
func (d *daemon) status(path string) int {
	d.t.Helper()
	response, err := http.Get("http://" + d.address + path)
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	return response.StatusCode
}

// peer is one end of a connection to relayd; hello is what it was told first.
type peer struct {
	t     *testing.T
	conn  *websocket.Conn
	hello struct{ ID, Resume string }
}

// dial connects a peer that offers the subprotocols given.
func (d *daemon) dial(subprotocols ...string) *peer {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+d.address+"/server", &websocket.DialOptions{Subprotocols: subprotocols})
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t: d.t, conn: conn}
}

// enters connects a peer that is let in.
func (d *daemon) enters(subprotocols ...string) *peer {
	d.t.Helper()
	return d.dial(subprotocols...).readsHello()
}

func (p *peer) readsHello() *peer {
	p.t.Helper()
	require.NoError(p.t, json.Unmarshal(p.wants(protocol.TypeHello), &p.hello))
	return p
}

// resumes is a peer that was here before.
func (d *daemon) resumes(old *peer) *peer {
	d.t.Helper()
	return d.dial(protocol.SubprotocolV1, fmt.Sprintf("%s%d.%s", protocol.ResumePrefix, time.Now().UnixMilli(), old.hello.Resume))
}

// wants reads until a message of the type comes.
func (p *peer) wants(kind string) json.RawMessage {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, frame, err := p.conn.Read(ctx)
		require.NoError(p.t, err, "%s was expected", kind)
		var delivery struct {
			Type    string
			Message json.RawMessage
		}
		require.NoError(p.t, json.Unmarshal(frame, &delivery))
		if delivery.Type == kind {
			return delivery.Message
		}
	}
}

// wantsClose reads until the connection is closed, and wants the code.
func (p *peer) wantsClose(code protocol.Code) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	for err == nil {
		_, _, err = p.conn.Read(ctx)
	}
	require.EqualValues(p.t, code, websocket.CloseStatus(err), "%v", err)
}

func TestHelpThatIsAskedForGoesToStandardOutput(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"--help"}, {"serve", "-h"}, {"help"}} {
		cmd := exec.Command(relayd, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		require.NoError(t, err, args)
		require.Contains(t, string(stdout), "Usage:", args)
		require.Empty(t, stderr.String(), args)
	}
}

func TestAPortThatIsTaken(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	address := other.Addr().String()
	out, err := exec.Command(relayd, "--listen", address, "--state-dir", t.TempDir()).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "cannot listen on "+address+": ")
	require.Contains(t, string(out), "; stop the other process or pass --listen")
	require.Equal(t, 1, strings.Count(string(out), address), "how often the address is named")
}
