//go:build linux

package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// A target is what the load is for: a relay, or the forwarder.
type target struct {
	url  *url.URL
	bare bool          // the forwarder: no handshake, no protocol
	v1   bool          // peers ask for intercessor.v1
	pid  int           // 0: not known
	made atomic.Uint32 // connections
}

// startRelay takes the relay of --url, or starts the relayd at path; empty: the one of the flags.
func (l *load) startRelay(path string) *target {
	if l.url != "" && path == "" {
		u, err := url.Parse(l.url)
		if err != nil || u.Scheme != "ws" || u.Hostname() == "" {
			l.Check(bench.Mistake(fmt.Sprintf("--url is %q and must be as ws://127.0.0.1:8000", l.url)))
		}
		return &target{url: u, v1: l.v1, pid: l.pid}
	}
	scheme, args := "ws", []string(nil)
	if l.tls {
		scheme, args = "wss", []string{"--tls-self-signed"}
	}
	relay := l.StartRelay(path, []string{"GOMAXPROCS=" + strconv.Itoa(l.procs)}, args...)
	return &target{url: &url.URL{Scheme: scheme, Host: relay.Address}, v1: l.v1, pid: relay.PID()}
}

// startForwarder starts the forwarder as a process of its own. It inherits a socket that
// listens already.
func (l *load) startForwarder() *target {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	l.Check(err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	l.Check(err)
	defer socket.Close()
	cmd := l.Self(forwarderMode)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	return &target{url: &url.URL{Host: listener.Addr().String()}, bare: true, pid: l.Start(cmd).PID()}
}

// source returns the next of 127.0.0.1 to 127.255.255.254: each connection has an address of
// its own, so that ports do not run out. It is nil if the target is not on this machine.
func (t *target) source() net.Addr {
	if ip := net.ParseIP(t.url.Hostname()); ip == nil || !ip.IsLoopback() {
		return nil
	}
	n := t.made.Add(1)%(1<<24-2) + 1
	return &net.TCPAddr{IP: net.IPv4(127, byte(n>>16), byte(n>>8), byte(n))}
}

// spent is what something took: time, and CPU time of the two processes.
type spent struct {
	took time.Duration
	cpu  time.Duration // of the target; 0 if its process is not known
	load time.Duration // of this process
}

// clock measures what call takes.
func (l *load) clock(t *target, call func()) spent {
	var cpu, load [2]time.Duration
	began := time.Now()
	for i := range 2 {
		if t.pid != 0 {
			cpu[i] = l.CPUTime(t.pid)
		}
		load[i] = l.CPUTime(0)
		if i == 0 {
			began = time.Now()
			call()
		}
	}
	return spent{took: time.Since(began), cpu: cpu[1] - cpu[0], load: load[1] - load[0]}
}

// cores is where processes run, as taskset takes it. Empty: where the kernel likes.
type cores struct{ target, load string }

func (c cores) String() string {
	if c.target == "" {
		return "not pinned"
	}
	return fmt.Sprintf("on core %s, the load on %s", c.target, c.load)
}

// pinCores gives the target the first cores and the load the last, if there is one for each.
func (l *load) pinCores() {
	var allowed unix.CPUSet
	l.Check(unix.SchedGetaffinity(0, &allowed))
	var all []string
	for core := 0; len(all) < allowed.Count(); core++ {
		if allowed.IsSet(core) {
			all = append(all, strconv.Itoa(core))
		}
	}
	procs := max(l.procs, 1)
	if procs >= len(all) {
		return
	}
	l.cores = cores{target: strings.Join(all[:procs], ","), load: all[len(all)-1]}
	l.Wrap = []string{"taskset", "-c", l.cores.target}
	out, err := exec.Command("taskset", "-a", "-c", "-p", l.cores.load, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		l.Fail("cannot choose the load's cores: %w; --pin=false leaves them alone\n%s", err, out)
	}
}
