//go:build linux

package relayd

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

const (
	buildPatience  = 5 * time.Minute
	listenPatience = 30 * time.Second
)

// Build builds the workspace's relayd into a folder, unless it is there already, and
// returns its path.
func Build(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "relayd")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	ctx, cancel := context.WithTimeout(ctx, buildPatience)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/sebas642/intercessor/relayd")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build relayd: %w; call this inside Intercessor's workspace, or give --relayd\n%s", err, out)
	}
	return path, nil
}

// FreeAddress finds an address of this machine, HOST:PORT, on which nobody listens.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("cannot find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// Command runs the relayd at path: it listens on the address, keeps its state in the
// folder and gets flags besides.
func Command(path, address, state string, flags []string) *exec.Cmd {
	cmd := exec.Command(path, append([]string{"serve", "--listen", address}, flags...)...)
	cmd.Env = append(append(os.Environ(), "RELAYD_STATE_DIR="+state), unpaced(path)...)
	return cmd
}

// unpaced lets peers send as fast as they can: what is counted costs the same as ever, and
// the load is one that no relay should take of anybody. An older relayd knows no such limit.
func unpaced(path string) []string {
	help, _ := exec.Command(path, "help").CombinedOutput()
	if !bytes.Contains(help, []byte("--limits-peer-messages")) {
		return nil
	}
	return []string{"RELAYD_LIMITS_PEER_MESSAGES=100000000", "RELAYD_LIMITS_PEER_BYTES=64GiB"}
}

// AwaitListening tries to connect to the address until it works. It fails when the relay
// has ended, after 30 seconds, and when the context ends.
func AwaitListening(ctx context.Context, relay *process.Child, address string) error {
	retry := time.NewTicker(2 * time.Millisecond)
	defer retry.Stop()
	late := time.After(listenPatience)
	for {
		conn, err := net.DialTimeout("tcp4", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-retry.C:
		case <-relay.Exited:
			return fmt.Errorf("the relay ended before it listened; %s", relay.LastWords())
		case <-late:
			return fmt.Errorf("the relay does not listen on %s after %v", address, listenPatience)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
