package procproof

import (
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// startsAgainWithin is how long what was killed, or has lost its Conn, is not there. Some
// begin again at once, and some, in the full form, so late that C13 can tell the two lives,
// or Conns, from each other.
func startsAgainWithin() time.Duration {
	if form.Full {
		return 4 * time.Second
	}
	return time.Second
}

// kill ends a peer's process, and starts it again after a while. It keeps its identity,
// and has lost its memory.
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

// stopForLong stops something for so long that it is noticed: up to a minute, after which
// nothing may be lost; and the first time for longer than the window, after which both
// sides have been told.
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
	w.pace(2*time.Second, 3*time.Second) // until who was given up for silent knows of it
	return "stopped for 30 to 60 s"
}
