//go:build linux

package bench

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A Relay is a relayd with one port and one state folder for all the processes that it has
// one after another.
type Relay struct {
	*Child
	Address string // HOST:PORT

	run  *Run
	args []string
	env  []string
}

// StartRelay starts the relayd at path, or the one of --relayd, or the workspace's, which it
// builds. Its flags are args and what stands behind --. It waits until the relay listens.
func (r *Run) StartRelay(path string, env []string, args ...string) *Relay {
	if path == "" && r.Relayd == "" {
		r.Say("building relayd")
		r.Relayd = filepath.Join(r.state, "relayd")
		build := exec.CommandContext(r.Ctx, "go", "build", "-o", r.Relayd, "github.com/sebas642/intercessor/relayd")
		if out, err := build.CombinedOutput(); err != nil {
			r.Fail("cannot build relayd: %w; call this inside Intercessor's workspace, or give --relayd\n%s", err, out)
		}
	}
	if path == "" {
		path = r.Relayd
	}
	address := freeAddress(r)
	relay := &Relay{Address: address, run: r, env: append(append(os.Environ(), "RELAYD_STATE_DIR="+filepath.Join(r.state, "relay")), env...)}
	relay.args = append(append([]string{path, "serve", "--listen", address}, args...), r.Args...)
	// Peers may send as fast as they can. Counting costs the same as ever. An older relayd has
	// no such limit, and refuses variables that it does not know.
	help, _ := exec.Command(path, "help").CombinedOutput()
	if bytes.Contains(help, []byte("--limits-peer-messages")) {
		relay.env = append(relay.env, "RELAYD_LIMITS_PEER_MESSAGES=100000000", "RELAYD_LIMITS_PEER_BYTES=64GiB")
	}
	relay.Restart()
	return relay
}

func freeAddress(r *Run) string {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	r.Check(err)
	defer listener.Close()
	return listener.Addr().String()
}

// Restart starts the process, after its end, and waits until it listens.
func (r *Relay) Restart() {
	const patience = 30 * time.Second
	cmd := exec.Command(r.args[0], r.args[1:]...)
	cmd.Env = r.env
	r.Child = r.run.Start(cmd)
	retry := time.NewTicker(2 * time.Millisecond)
	defer retry.Stop()
	late := time.After(patience)
	for {
		conn, err := net.DialTimeout("tcp4", r.Address, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-retry.C:
		case <-r.exited:
			r.run.Fail("the relay ended before it listened")
		case <-late:
			r.run.Fail("the relay does not listen on %s after %v", r.Address, patience)
		case <-r.run.Ctx.Done():
			r.run.Check(r.run.Ctx.Err())
		}
	}
}

// Drain asks the process to drain and end, and waits for that.
func (r *Relay) Drain() {
	const patience = 30 * time.Second
	r.run.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-r.exited:
		r.End()
	case <-time.After(patience):
		r.run.Fail("the relay has not ended %v after SIGTERM", patience)
	case <-r.run.Ctx.Done():
		r.run.Check(r.run.Ctx.Err())
	}
}
