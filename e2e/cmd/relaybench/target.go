//go:build linux

package main

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/e2e/cmd/internal/relayd"
)

// A target is what the load is for: a relay, or the forwarder.
type target struct {
	dialer
	host   string         // for the Host header
	prefix string         // of the relay's endpoints, as /chat
	bare   bool           // a forwarder: no handshake
	v1     bool           // peers ask for intercessor.v1
	pid    int            // 0: not known
	child  *process.Child // nil: it ran before
}

// relay takes the relay that the flags name, or starts one.
func (b *bench) relay(s *settings) (*target, error) {
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
	b.Live.Now("building relayd")
	path, err := relayd.Build(b.Ctx, b.State)
	if err != nil {
		return nil, err
	}
	return b.startRelay(path, s)
}

// relayAt takes a relay that runs already.
func relayAt(address string, pid int) (*target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "ws" || u.Hostname() == "" {
		return nil, command.Mistake(fmt.Sprintf("--url is %q and must be as ws://127.0.0.1:8000", address))
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
		if _, err := process.CPUTime(pid); err != nil {
			return nil, err
		}
	}
	return &target{dialer: dialer{to: to}, host: u.Host, prefix: strings.TrimSuffix(u.EscapedPath(), "/"), pid: pid}, nil
}

// startRelay starts a relayd on a free port and waits until it listens.
func (b *bench) startRelay(path string, s *settings) (*target, error) {
	address, err := relayd.FreeAddress()
	if err != nil {
		return nil, err
	}
	args := s.relayArgs
	if s.tls {
		args = append([]string{"--tls-self-signed"}, args...)
	}
	cmd := relayd.Command(path, address, b.State, args)
	cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(s.relayProcs))
	child, err := b.startChild(cmd)
	if err != nil {
		return nil, err
	}
	var t *target
	if err = relayd.AwaitListening(b.Ctx, child, address); err == nil {
		t, err = relayAt("ws://"+address, child.PID())
	}
	if err != nil {
		child.End()
		return nil, err
	}
	t.child = child
	return t, nil
}

// close ends what was started. When that has ended by itself, which explains
// err, it says so.
func (t *target) close(err error) error {
	if t.child == nil {
		return err
	}
	err = t.child.Explain("its process", err)
	t.child.End()
	return err
}
