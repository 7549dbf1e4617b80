//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A target is what the load is for: a relay, or the forwarder.
type target struct {
	dialer
	host   string // for the Host header
	prefix string // of the relay's endpoints, as /chat
	bare   bool   // a forwarder: no handshake
	v1     bool   // peers ask for intercessor.v1
	pid    int    // 0: not known
	child  *child // nil: it ran before
}

// relay takes the relay that the flags name, or starts one.
func (b *bench) relay(s *settings) (*target, error) {
	if s.tls {
		return b.tlsRelay(s)
	}
	t, err := b.anyRelay(s)
	if err == nil {
		t.v1 = s.v1
	}
	return t, err
}

func (b *bench) anyRelay(s *settings) (*target, error) {
	if s.url != "" {
		return relayAt(s.url, s.pid)
	}
	if s.relayd != "" {
		return b.startRelay(s.relayd, s)
	}
	return b.buildRelay(s)
}

// buildRelay builds the workspace's relayd and starts it.
func (b *bench) buildRelay(s *settings) (*target, error) {
	b.live.now("building relayd")
	path := filepath.Join(b.state, "relayd")
	if _, err := os.Stat(path); err == nil { // compare has two
		return b.startRelay(path, s)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/sebas642/intercessor/relayd")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cannot build relayd: %w; call this inside Intercessor's workspace, or give --relayd or --url\n%s", err, out)
	}
	return b.startRelay(path, s)
}

// relayAt takes a relay that runs already.
func relayAt(address string, pid int) (*target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" || u.Hostname() == "" {
		return nil, mistake(fmt.Sprintf("--url is %q and must be as ws://127.0.0.1:8000", address))
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	to, err := resolve(net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	if pid != 0 {
		if _, err := cpuTime(pid); err != nil {
			return nil, err
		}
	}
	return &target{dialer: dialer{to: to}, host: u.Host, prefix: strings.TrimSuffix(u.EscapedPath(), "/"), pid: pid}, nil
}

// startRelay starts a relayd on a free port and waits until it listens.
func (b *bench) startRelay(path string, s *settings) (*target, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port: %w", err)
	}
	address := listener.Addr().String()
	_ = listener.Close()

	cmd := exec.Command(path, append([]string{"serve", "--listen", address}, s.relayArgs...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(s.relayProcs), "RELAYD_STATE_DIR="+b.state)
	child, err := startChild(cmd, b.cores.target)
	if err != nil {
		return nil, err
	}
	t, err := relayAt("ws://"+address, cmd.Process.Pid)
	if err == nil {
		t.child = child
		err = t.awaitListening(b)
	}
	if err != nil {
		child.end()
		return nil, err
	}
	return t, nil
}

// awaitListening tries to connect until it works.
func (t *target) awaitListening(b *bench) error {
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	late := time.After(patience)
	for {
		conn, err := net.DialTimeout("tcp4", t.to.String(), time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-retry.C:
		case <-t.child.exited:
			return fmt.Errorf("the relay ended before it listened; %s", t.child.lastWords())
		case <-late:
			return fmt.Errorf("the relay does not listen on %v after %v", t.to, patience)
		case <-b.ctx.Done():
			return errInterrupted
		}
	}
}

// close ends what was started. When that has ended by itself, which explains
// err, it says so.
func (t *target) close(err error) error {
	if t.child == nil {
		return err
	}
	if err != nil && !errors.Is(err, errInterrupted) {
		select {
		case <-t.child.exited:
			err = fmt.Errorf("%w; its process has ended; %s", err, t.child.lastWords())
		case <-time.After(100 * time.Millisecond): // the connection ends before the process
		}
	}
	t.child.end()
	return err
}
