//go:build linux

package bench

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// patience bounds how long a relay may take to start, or to drain.
const patience = 30 * time.Second

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
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	r.Check(err)
	address := listener.Addr().String() // free, as soon as the listener is closed
	r.Check(listener.Close())
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

// Restart starts the process, after its end, and waits until it listens.
func (r *Relay) Restart() {
	ctx, cancel := context.WithTimeout(r.run.Ctx, patience)
	defer cancel()
	cmd := exec.Command(r.args[0], r.args[1:]...)
	cmd.Env = r.env
	r.Child = r.run.Start(cmd)
	for {
		if conn, err := net.DialTimeout("tcp4", r.Address, patience); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-r.exited:
			r.run.Fail("the relay ended before it listened")
		case <-time.After(2 * time.Millisecond):
			r.run.Check(ctx.Err())
		}
	}
}

// Drain asks the process to drain and end, and waits for that.
func (r *Relay) Drain() {
	ctx, cancel := context.WithTimeout(r.run.Ctx, patience)
	defer cancel()
	r.run.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-r.exited:
		r.End()
	case <-ctx.Done():
		r.run.Fail("the relay has not ended %v after SIGTERM", patience)
	}
}
