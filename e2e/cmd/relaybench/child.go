//go:build linux

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A child is a process that this one has started and ends.
type child struct {
	cmd    *exec.Cmd
	log    *os.File      // its standard error; a file without a name, so that reading it costs the load nothing
	exited chan struct{} // closed when it has ended, however
}

// startChild starts cmd on the cores given. It dies with this process.
func startChild(cmd *exec.Cmd, cores []int) (*child, error) {
	log, err := os.CreateTemp("", "relaybench-*.log")
	if err != nil {
		return nil, fmt.Errorf("cannot make a file for the log of %s: %w", cmd.Path, err)
	}
	_ = os.Remove(log.Name())
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C is for this process, which then ends it
		Pdeathsig: syscall.SIGKILL,
	}
	if err := onCores(cores, cmd.Start); err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	c := &child{cmd: cmd, log: log, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(c.exited)
	}()
	return c, nil
}

// inheritedSocket is where startSelf leaves the listening socket.
const inheritedSocket = 3

// startSelf starts this program in a mode of its own, whose process inherits a
// socket that listens on the address given: so it need not be waited for.
func (b *bench) startSelf(args []string, env ...string) (*child, netip.AddrPort, error) {
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
	self, err := os.Executable()
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("cannot find this program to start it as %s: %w", args[0], err)
	}
	cmd := exec.Command(self, args...)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), env...)
	child, err := startChild(cmd, b.cores.target)
	return child, to, err
}

// end kills the process and waits for its end.
func (c *child) end() {
	_ = c.cmd.Process.Kill()
	<-c.exited
	_ = c.log.Close()
}

// lastWords is a sentence about the end of the log.
func (c *child) lastWords() string {
	const enough = 2000
	info, err := c.log.Stat()
	if err != nil {
		return "its log cannot be read"
	}
	tail := make([]byte, min(info.Size(), enough))
	n, _ := c.log.ReadAt(tail, info.Size()-int64(len(tail)))
	if words := strings.TrimSpace(string(tail[:n])); words != "" {
		return "it said:\n" + words
	}
	return "it said nothing"
}
