//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/pion/stun/v4"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/turn"
)

// A target is a TURN server under load.
type target struct {
	name               string
	address            *net.UDPAddr
	pid                int
	username, password string
}

const (
	serveMode = "serve-turn"

	// One peer owns all allocations of relayd's server: a peer reaches itself.
	room, peer = protocol.ID("room"), protocol.ID("peer")
)

// startOwn starts relayd's TURN server, and nothing else of relayd, in a process of its own.
func startOwn(l *load) *target {
	t := &target{name: "relayd", address: freePort(l)}
	program, err := os.Executable()
	l.Check(err)
	t.pid = l.Start(exec.Command(program, serveMode, t.address.String())).PID()
	server, err := newServer()
	l.Check(err)
	defer server.Close()
	t.username, t.password = server.Credential(room, peer, time.Now().Add(24*time.Hour))
	l.await(t)
	return t
}

func newServer() (*turn.Server, error) {
	const plenty = 1 << 40
	return turn.New(turn.Config{
		Keys:  []turn.Key{{Name: "bench", Secret: []byte("the secret of a benchmark")}},
		Peers: alone{},
		Limits: turn.Limits{
			AllocationsOfClient: 4096, Requests: 1 << 20, RequestsOfNetwork: 1 << 20,
			BytesOfAllocation: plenty, BytesOfRoom: plenty, Bytes: plenty,
		},
	})
}

// serve is the server's process.
func serve(args []string) error {
	socket, err := net.ListenPacket("udp4", args[0])
	if err != nil {
		return err
	}
	server, err := newServer()
	if err != nil {
		return err
	}
	server.ServePacket(socket)
	select {} // until the benchmark ends the process
}

// alone is a relay with one peer.
type alone struct{}

func (alone) Find(protocol.ID, protocol.ID) turn.Peer { return alone{} }
func (alone) Room() any                               { return room }
func (alone) Server() bool                            { return false }
func (alone) Here() bool                              { return true }
func (alone) Clients() int                            { return 0 }

// startCoturn starts the machine's coturn.
func startCoturn(l *load) *target {
	t := &target{name: "coturn", address: freePort(l), username: "bench", password: "password"}
	program, err := exec.LookPath("turnserver")
	if err != nil {
		l.Fail("no coturn on this machine; run `make setup`, or install coturn: %w", err)
	}
	folder, err := os.MkdirTemp("", "turnbench-")
	l.Check(err)
	defer os.RemoveAll(folder) // coturn has read its configuration once it answers
	config := filepath.Join(folder, "turnserver.conf")
	l.Check(os.WriteFile(config, fmt.Appendf(nil, "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port=%d\n"+
		"realm=bench.test\nlt-cred-mech\nuser=%s:%s\nallow-loopback-peers\nno-multicast-peers\nno-cli\nno-tls\nno-dtls\n"+
		"log-file=%s\nuserdb=%s\npidfile=%s\n",
		t.address.Port, t.username, t.password,
		os.DevNull, filepath.Join(folder, "turndb"), filepath.Join(folder, "pid")), 0o600))
	t.pid = l.Start(exec.Command(program, "-c", config)).PID()
	l.await(t)
	return t
}

// freePort returns an address of the loopback interface that is free.
func freePort(l *load) *net.UDPAddr {
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	l.Check(err)
	defer socket.Close()
	return socket.LocalAddr().(*net.UDPAddr)
}

// await waits until a server answers.
func (l *load) await(t *target) {
	deadline := time.Now().Add(30 * time.Second)
	for {
		conn, err := net.DialUDP("udp4", nil, t.address)
		l.Check(err)
		_, err = ask(conn, stun.MustBuild(stun.TransactionID, stun.BindingRequest))
		conn.Close()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			l.Fail("%s does not answer on %v", t.name, t.address)
		}
		l.Check(bench.Sleep(l.Ctx, 20*time.Millisecond))
	}
}
