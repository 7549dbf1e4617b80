//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"
)

func listenFlags(flags *flag.FlagSet, s *settings) {
	flags.IntVar(&s.clients, "clients", 5000, "clients of the listener")
	flags.DurationVar(&s.during, "for", 10*time.Second, "how long they send")
}

// listenFiles is what the relay has open, which is more than this process has.
func listenFiles(s *settings) int { return s.clients + 1 }

// listen measures the memory of a listener's process: alone, with clients that do
// nothing, and while all of them send.
func (b *bench) listen(s *settings) error {
	r, err := b.startRelay(s)
	if err != nil {
		return err
	}
	defer r.kill()
	listener, url, err := b.startListener(r)
	if err != nil {
		return r.explain(err)
	}
	defer listener.end()
	err = r.explain(b.fill(s, listener, url))
	select {
	case <-listener.exited:
		if err != nil && b.ctx.Err() == nil {
			err = fmt.Errorf("%w; the listener has ended; %s", err, listener.lastWords())
		}
	default:
	}
	return err
}

func (b *bench) fill(s *settings, listener *child, url string) error {
	alone, err := b.settledMemory(listener.pid())
	if err != nil {
		return err
	}
	clients, err := b.dialAll(s.clients, url)
	defer func() { closeAll(b.ctx, clients) }()
	if err != nil {
		return err
	}
	idle, err := b.settledMemory(listener.pid())
	if err != nil {
		return err
	}
	sent, took, busy, err := b.sendAll(s, clients, listener.pid())
	if err != nil {
		return err
	}
	after, err := b.settledMemory(listener.pid())
	if err != nil {
		return err
	}
	b.live.clear()

	each := func(bytes int64) float64 { return float64(bytes-alone) / float64(s.clients) / 1024 }
	res := result{title: fmt.Sprintf("listen: %d clients, which send %d bytes each, wait until that is delivered, and send again", s.clients, messageSize)}
	res.add("clients", "", s.clients, "")
	for _, f := range []struct {
		key, label string
		bytes      int64
	}{{"idle", "with clients that do nothing", idle}, {"sending", "highest while they send", busy}, {"after", "when they have sent", after}} {
		if f.key == "idle" {
			res.add("rss_bytes_alone", "", alone, "")
			res.add("", "resident memory, no clients", float64(alone)/(1<<20), "MiB")
		}
		res.add("rss_bytes_"+f.key, "", f.bytes, "")
		res.add("", f.label, float64(f.bytes)/(1<<20), "MiB")
		res.add("rss_kib_per_client_"+f.key, "  of it for each client", each(f.bytes), "KiB")
	}
	res.add("messages_per_second", "messages a second meanwhile", float64(sent)/took.Seconds(), "")
	return b.report.print(res)
}

// settledMemory reads the memory of a process once a second until two readings differ by
// less than one percent, and gives the last.
func (b *bench) settledMemory(pid int) (int64, error) {
	const tries = 60
	last, err := residentBytes(pid)
	for range tries {
		if err != nil {
			return 0, err
		}
		b.live.now("waiting for the memory to settle, %d MiB", last>>20)
		select {
		case <-time.After(time.Second):
		case <-b.ctx.Done():
			return 0, errInterrupted
		}
		before := last
		if last, err = residentBytes(pid); err == nil && max(last-before, before-last)*100 < last {
			return last, nil
		}
	}
	return 0, fmt.Errorf("the listener's memory did not settle in %d seconds: it is %d bytes", tries, last)
}
