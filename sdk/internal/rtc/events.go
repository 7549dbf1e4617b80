package rtc

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// events are the Peer's callbacks for the platform's connection. None of them blocks.
type events struct {
	needed    func()                            // the peers must negotiate
	candidate func(line string, message []byte) // a local candidate was found
	server    func(ServerError)                 // a STUN or TURN server failed
	failed    func(ICECause)                    // ICE, or the handshake over it, has failed
	pair      func(Pair)                        // ICE has selected a pair
	up, down  func()                            // the direct path is up, and has ended
	incoming  func(*Channel) bool               // the other peer opened a channel; false if it was closed
	beacon    func(text string)                 // the other peer sent text on the beacon
	over      func(*Channel)                    // a channel is over
}

func (p *Peer) onNeeded() {
	p.stale.Store(true)
	p.post(job{local: true})
}

// post queues a job for run.
func (p *Peer) post(j job) {
	if p.work.Offer(j, len(j.message)) == nil {
		p.wake()
	}
}

func (p *Peer) onCandidate(line string, message []byte) {
	p.mu.Lock()
	p.candidates.local = keep(p.candidates.local, line)
	p.mu.Unlock()
	p.post(job{typ: protocol.TypeCandidate, message: message, local: true})
}

// onUp may come after the first incoming channel, which means the same.
func (p *Peer) onUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isUp = true
	p.changePath()
}

// onFailed tells the other peer, and ends the path a little later: the application may close
// everything when it learns of the end, and the message to the other peer would be lost.
func (p *Peer) onFailed(cause ICECause) {
	p.mu.Lock()
	if p.farewell != nil {
		p.mu.Unlock()
		return
	}
	if p.isUp {
		cause = CauseLost
	}
	err := p.candidates.failure(cause, nil)
	cause = err.Cause
	if err.There {
		cause = CauseNoPath
	}
	wasUp := p.isUp
	p.farewell = time.AfterFunc(tellWithin, func() { p.fail(err) })
	p.mu.Unlock()
	if wasUp { // at once, because the other peer closes its channels, and that must not become the reason
		p.fail(err)
	}
	p.tell("failed", cause)
}

// onDown does not end the channels: each ends when its messages were read.
func (p *Peer) onDown() { p.finish(ErrPathClosed) }

// onIncoming offers the application a channel that the other peer opened.
func (p *Peer) onIncoming(ch *Channel) bool {
	p.onUp()
	ch.isTaken() // the peer that opened it knows it
	if err := p.track(ch); err != nil {
		ch.cut(err)
		return false
	}
	if p.accepted.Offer(ch, 1) != nil {
		ch.cut(ErrOverflow)
		return false
	}
	return true
}

// onBeacon notes that the other peer has received a channel of this side. The text is the
// channel's ID. Any other text is of a later version and is ignored.
func (p *Peer) onBeacon(text string) {
	id, ok := protocol.Number([]byte(text))
	if !ok {
		return
	}
	p.mu.Lock()
	channels := p.open()
	p.mu.Unlock()
	for _, ch := range channels {
		if ch.raw.id() == int(id) {
			ch.isTaken()
		}
	}
}
