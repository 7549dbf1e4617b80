//go:build linux

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

// startChild starts cmd on the target's cores.
func (b *bench) startChild(cmd *exec.Cmd) (child *process.Child, err error) {
	err = onCores(b.cores.target, func() error {
		child, err = process.Start(cmd)
		return err
	})
	return child, err
}

// inheritedSocket is where startSelf leaves the listening socket.
const inheritedSocket = 3

// startSelf starts this program in a mode of its own, whose process inherits a
// socket that listens on the address given: so it need not be waited for.
func (b *bench) startSelf(args []string, env ...string) (*process.Child, netip.AddrPort, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("cannot find a free port: %w", err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("cannot hand a process its socket: %w", err)
	}
	defer socket.Close()
	to, err := resolve(listener.Addr().String())
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	cmd, err := process.Self(args...)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), env...)
	child, err := b.startChild(cmd)
	return child, to, err
}
