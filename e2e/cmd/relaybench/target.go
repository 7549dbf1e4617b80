//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// A target is the relay or the forwarder under load.
type target struct {
	scheme, address string        // ws or wss, and HOST:PORT
	bare            bool          // true for the forwarder: no handshake, no protocol
	v1              bool          // peers ask for intercessor.v1
	pid             int           // of its process
	made            atomic.Uint32 // connections
}

// startRelay starts the relayd at path, or the one of the flags if path is empty.
func (l *load) startRelay(path string) *target {
	scheme, args := "ws", []string(nil)
	if l.tls {
		scheme, args = "wss", []string{"--tls-self-signed"}
	}
	relay := l.StartRelay(path, []string{"GOMAXPROCS=" + strconv.Itoa(l.procs)}, args...)
	return &target{scheme: scheme, address: relay.Address, v1: l.v1, pid: relay.PID()}
}

// startForwarder starts the forwarder as a separate process. It inherits a listening socket.
func (l *load) startForwarder() *target {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	l.Check(err)
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	l.Check(err)
	defer socket.Close()
	cmd := exec.Command(os.Args[0], forwarderMode)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
	return &target{address: listener.Addr().String(), bare: true, pid: l.Start(cmd).PID()}
}

// source returns the next address of 127.0.0.1 to 127.255.255.254. Each connection has its own
// address, so that ports do not run out.
func (t *target) source() net.Addr {
	n := t.made.Add(1)%(1<<24-2) + 1
	return &net.TCPAddr{IP: net.IPv4(127, byte(n>>16), byte(n>>8), byte(n))}
}

// An outcome is a measurement over some time.
type outcome struct {
	took      time.Duration
	cpu, load time.Duration // CPU time of the target, and of this process
	delivered int64
	latency   bench.Histogram // of half round trips
}

// clock measures call.
func (l *load) clock(t *target, call func()) *outcome {
	cpu, load, began := l.CPUTime(t.pid), l.CPUTime(0), time.Now()
	call()
	return &outcome{took: time.Since(began), cpu: l.CPUTime(t.pid) - cpu, load: l.CPUTime(0) - load}
}

// pinCores gives the target the first cores and the load the last core, if there are enough.
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
	target, own := strings.Join(all[:procs], ","), all[len(all)-1]
	l.cores = fmt.Sprintf("on core %s, the load on %s", target, own)
	l.Wrap = []string{"taskset", "-c", target}
	out, err := exec.Command("taskset", "-a", "-c", "-p", own, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		l.Fail("cannot choose the load's cores: %w; --pin=false leaves them alone\n%s", err, out)
	}
}
