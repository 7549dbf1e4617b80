//go:build linux

package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
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
	defer listener.End()
	return listener.Explain("the listener", r.explain(b.fill(s, listener, url)))
}

func (b *bench) fill(s *settings, listener *process.Child, url string) error {
	alone, err := b.settledMemory(listener.PID())
	if err != nil {
		return err
	}
	clients, err := b.dialAll(s.clients, url)
	defer func() { closeAll(b.Ctx, clients) }()
	if err != nil {
		return err
	}
	idle, err := b.settledMemory(listener.PID())
	if err != nil {
		return err
	}
	sent, took, busy, err := b.sendAll(s, clients, listener.PID())
	if err != nil {
		return err
	}
	after, err := b.settledMemory(listener.PID())
	if err != nil {
		return err
	}
	b.Live.Clear()

	each := func(bytes int64) float64 { return float64(bytes-alone) / float64(s.clients) / 1024 }
	res := report.Result{Title: fmt.Sprintf("listen: %d clients, which send %d bytes each, wait until that is delivered, and send again", s.clients, messageSize)}
	res.Add("clients", "", s.clients, "")
	for _, f := range []struct {
		key, label string
		bytes      int64
	}{{"idle", "with clients that do nothing", idle}, {"sending", "highest while they send", busy}, {"after", "when they have sent", after}} {
		if f.key == "idle" {
			res.Add("rss_bytes_alone", "", alone, "")
			res.Add("", "resident memory, no clients", float64(alone)/(1<<20), "MiB")
		}
		res.Add("rss_bytes_"+f.key, "", f.bytes, "")
		res.Add("", f.label, float64(f.bytes)/(1<<20), "MiB")
		res.Add("rss_kib_per_client_"+f.key, "  of it for each client", each(f.bytes), "KiB")
	}
	res.Add("messages_per_second", "messages a second meanwhile", float64(sent)/took.Seconds(), "")
	return b.Report.Print(res)
}

// settledMemory is that of a process, once it does not change any more.
func (b *bench) settledMemory(pid int) (int64, error) {
	return process.SettledBytes(pid, func(now int64) error {
		b.Live.Now("waiting for the memory to settle, %d MiB", now>>20)
		select {
		case <-time.After(time.Second):
			return nil
		case <-b.Ctx.Done():
			return command.ErrInterrupted
		}
	})
}
