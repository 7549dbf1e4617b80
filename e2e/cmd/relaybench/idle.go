//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

func idleFlags(flags *flag.FlagSet, s *settings) {
	targetFlags(flags, s)
	flags.IntVar(&s.peers, "peers", 10_000, "peers, servers and clients together")
	flags.IntVar(&s.clientsPerRoom, "clients-per-room", 1, "clients of each server")
	flags.BoolVar(&s.tls, "tls", false, "let the peers connect over TLS 1.3, to a relay with a certificate of its own making")
	flags.IntVar(&s.parallel, "parallel", 64, "peers that connect at the same time")
	flags.DurationVar(&s.during, "for", 5*time.Second, "how long to measure while nothing happens")
}

func (b *bench) idle(l *loop, s *settings) error {
	peers, over := idlePeers(plainPeers{l, s}), ""
	if s.tls {
		peers, over = newCrowd(l, s), " over TLS"
	}
	defer peers.close()
	r := b.result(s, fmt.Sprintf("%d peers%s, %d clients a room", s.peers, over, s.clientsPerRoom))
	r.Add("peers", "", s.peers, "")
	r.Add("clients_per_room", "", s.clientsPerRoom, "")
	if s.tls {
		r.Add("tls", "", true, "")
	}

	empty, err := l.settledMemory()
	if err != nil {
		return err
	}
	connect, err := l.target.clocked(peers.open)
	if err != nil {
		return err
	}
	full, err := l.settledMemory()
	if err != nil {
		return err
	}
	l.live.Show(func() string { return "doing nothing" })
	idle, err := l.target.clocked(func() error { return l.during(s.during) })
	if err = errors.Join(peers.lost(), err); err != nil {
		return err
	}

	r.Add("connects_per_second", "connects a second", float64(s.peers)/connect.took.Seconds(), "")
	if l.target.pid != 0 {
		r.MicrosEach("cpu_us_per_connect", "CPU time of a connect, to HELLO", connect.cpu, int64(s.peers))
		r.Add("rss_bytes_before", "", empty, "")
		r.Add("rss_bytes", "", full, "")
		r.Add("", "resident memory", float64(full)/(1<<20), "MiB")
		r.Add("rss_bytes_per_peer", "of it for each peer", float64(full-empty)/float64(s.peers)/1024, "KiB")
		r.Add("idle_cpu_percent", "idle, it keeps a core busy", 100*idle.cpu.Seconds()/idle.took.Seconds(), "%")
	}
	return b.Report.Print(r)
}

// idlePeers are the peers that connect and then do nothing.
type idlePeers interface {
	open() error
	lost() error // why one is no longer there, which would be measured as memory given back
	close()
}

// plainPeers live in the loop, which ends with the first that is lost.
type plainPeers struct {
	l *loop
	s *settings
}

func (plainPeers) lost() error { return nil }

func (plainPeers) close() {} // the loop does

func (p plainPeers) open() error {
	l, s := p.l, p.s
	servers := make([]*peer, s.servers())
	open := 0
	l.live.Show(func() string { return fmt.Sprintf("%d of %d peers have connected", open, s.peers) })
	err := l.openAll(len(servers), s.parallel, func(i int) (err error) {
		open++
		servers[i], err = l.open("/server", bystander{})
		return err
	})
	if err != nil {
		return err
	}
	return l.openAll(s.peers-len(servers), s.parallel, func(i int) error {
		open++
		_, err := l.open("/client/"+string(servers[i%len(servers)].id), bystander{})
		return err
	})
}

// servers is how many of the peers are servers, who come first.
func (s *settings) servers() int { return (s.peers + s.clientsPerRoom) / (1 + s.clientsPerRoom) }

// settledMemory is the target's, once it does not change any more; 0 if the
// process is not known.
func (l *loop) settledMemory() (int64, error) {
	if l.target.pid == 0 {
		return 0, nil
	}
	return process.SettledBytes(l.target.pid, func(now int64) error {
		l.live.Show(func() string { return fmt.Sprintf("waiting for the memory to settle, %d MiB", now>>20) })
		return l.during(time.Second)
	})
}
