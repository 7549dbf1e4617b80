package procproof

import (
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// startsAgainWithin draws the time until a killed process, or a client without its Conn, starts
// again. In the full form it is sometimes long enough that C13 can distinguish the two lives or
// Conns.
func startsAgainWithin() time.Duration {
	if form.Full {
		return 4 * time.Second
	}
	return time.Second
}

// kill ends a peer's process, and starts it again after a while with the same identity.
func (w *world) kill(p *process) {
	p.kill()
	w.pace(0, startsAgainWithin())
	p.start()
}

func (w *world) killRelay() {
	w.relay.Kill()
	w.pace(0, startsAgainWithin())
	require.NoError(w.t, w.relay.Start())
}

// stop stops a process for less than the window.
func (w *world) stop(p *process) {
	p.signal(syscall.SIGSTOP)
	w.pauseStopped()
	p.signal(syscall.SIGCONT)
}

func (w *world) pauseStopped() {
	if form.Full {
		w.pace(time.Second, 12*time.Second)
		return
	}
	w.pace(time.Second, 2*time.Second)
}

// stopForLong stops a process long enough to be noticed. The first time it is longer than the
// window, and both sides are told. Otherwise it is up to a minute, and nothing may be lost.
func (w *world) stopForLong(client *process) string {
	if !w.tooLong {
		w.tooLong = true
		lost := history.Event{Kind: history.Lost, App: client.order.Name, ID: client.id, Room: w.room()}
		w.log.Add(lost)
		client.signal(syscall.SIGSTOP)
		w.pace(95*time.Second, 100*time.Second) // the relay needs 30 s to notice, and waits for 60
		client.signal(syscall.SIGCONT)
		lost.Kind = history.Resumed
		w.log.Add(lost)
		return "stopped for longer than the window"
	}
	victims := []func(syscall.Signal){w.relay.Signal, w.listener.signal, client.signal}
	signal := victims[w.random.IntN(len(victims))]
	signal(syscall.SIGSTOP)
	w.pace(30*time.Second, time.Minute)
	signal(syscall.SIGCONT)
	w.pace(2*time.Second, 3*time.Second) // until the peer that was given up knows it
	return "stopped for 30 to 60 s"
}
