package rtc

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// job is work for run: a message of the other peer, a local candidate to send, or, with an
// empty type, a check whether the peers must negotiate.
type job struct {
	typ     string
	message []byte
	local   bool
}

// wake starts run unless it is running. Call it after queueing a job.
func (p *Peer) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started && !p.busy && p.ctx.Err() == nil {
		p.busy = true
		p.running.Go(p.run)
	}
}

// run does jobs until there is none. At most one run is active, and it owns the negotiation.
func (p *Peer) run() {
	for {
		j, ok := p.next()
		if !ok {
			return
		}
		if err := p.do(j); err != nil {
			p.fail(err)
		}
	}
}

// next returns the next job. If there is none, run ends.
func (p *Peer) next() (j job, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() == nil {
		j, ok = p.work.TryGet()
	}
	p.busy = ok
	return j, ok
}

func (p *Peer) do(j job) error {
	if j.local {
		if j.typ != "" {
			p.signal(j.typ, j.message)
			return nil
		}
		if !p.stale.Swap(false) {
			return nil
		}
		pc, err := p.connection()
		if err != nil {
			return err
		}
		return p.take(p.negotiation.need(pc.unplaced(), pc.sections().all()), nil)
	}
	if j.typ == protocol.TypeOffer {
		p.pace()
	}
	next, err := p.negotiation.receive(j.typ, j.message)
	if err != nil {
		return &NegotiationError{Type: j.typ, Err: err}
	}
	return p.take(next, j.message)
}

// The other peer has this many offers answered at once, and then one in offerEvery (W6): each
// may make ICE begin anew.
const (
	offersAtOnce = 3
	offerEvery   = 2 * time.Second
)

// pace waits until another offer may be answered.
func (p *Peer) pace() {
	now := time.Now()
	if p.offersAt.Before(now) {
		p.offersAt = now
	}
	p.offersAt = p.offersAt.Add(offerEvery)
	if early := p.offersAt.Sub(now) - offersAtOnce*offerEvery; early > 0 {
		wait, cancel := context.WithTimeout(p.ctx, early)
		defer cancel()
		<-wait.Done()
	}
}

// take carries out a step of the negotiation and the steps that follow from it.
func (p *Peer) take(next step, message []byte) error {
	for next != nothing {
		pc, err := p.connection()
		if err != nil {
			return err
		}
		switch next {
		case askForOffer:
			p.signal(protocol.TypeNegotiate, []byte("null"))
			p.watch()
			next = nothing
		case makeOffer:
			err = p.describe(pc, protocol.TypeOffer)
			p.watch()
			next = nothing
		case makeAnswer:
			if err = p.place(pc, protocol.TypeOffer, message); err == nil {
				err = p.describe(pc, protocol.TypeAnswer)
			}
			next = p.agreed(pc, err)
		case takeAnswer:
			err = p.place(pc, protocol.TypeAnswer, message)
			next = p.agreed(pc, err)
		case addCandidate:
			p.add(pc, message)
			next = nothing
		case dropCandidate:
			p.noteUnused(errTooMany)
			next = nothing
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// agreed notes the end of a round.
func (p *Peer) agreed(pc *peerConn, err error) step {
	if err == nil {
		p.tellLink(LinkAgreed)
	}
	return p.negotiation.settle(pc.unplaced(), pc.sections().all())
}

// describe sets this side's description and sends it.
func (p *Peer) describe(pc *peerConn, typ string) error {
	// The platform checks again whenever a round ends, so earlier reports need no further
	// round: for an answer those until now, because a round is under way; for an offer
	// those until the offer is set.
	answer := typ == protocol.TypeAnswer
	if answer {
		p.stale.Store(false)
	}
	if p.options.RelayICEServers != nil {
		if servers := p.options.RelayICEServers(); servers != nil {
			pc.setICEServers(append(ParseICEServers(servers), p.options.ICEServers...))
		}
	}
	if !answer {
		if err := p.makeRoom(pc); err != nil {
			return err
		}
	}
	description, err := pc.describeLocal(p.ctx, answer, !answer && p.restart.Swap(false))
	if !answer {
		p.stale.Store(false)
	}
	if err != nil {
		return err
	}
	p.signal(typ, description)
	return nil
}

// place sets the other side's description, and adds the candidates received before it.
func (p *Peer) place(pc *peerConn, typ string, message []byte) error {
	p.unwatch()
	lines, err := checkDescription(typ, message)
	if err == nil {
		err = pc.describeRemote(p.ctx, message)
	}
	if err != nil {
		return &NegotiationError{Type: typ, Err: err}
	}
	p.mu.Lock()
	p.described = true
	p.changePath()
	p.mu.Unlock()
	p.noteRemote(lines...)
	if describedCandidates {
		for i, line := range lines {
			if i == maxCandidates {
				p.noteUnused(errTooMany)
				break
			}
			p.addLine(pc, line, nil)
		}
	}
	for _, candidate := range p.negotiation.placed() {
		p.add(pc, candidate)
	}
	return nil
}

// add gives a candidate to ICE. An unusable candidate is not an error, because another one
// may work.
func (p *Peer) add(pc *peerConn, message []byte) {
	line, err := candidateLine(message)
	switch {
	case err != nil:
		p.noteUnused(err)
	case line != "": // "" is the end of the candidates; nothing waits for it
		p.noteRemote(line)
		p.addLine(pc, line, message)
	}
}

func (p *Peer) addLine(pc *peerConn, line string, message []byte) {
	if err := pc.addCandidate(p.ctx, line, message); err != nil {
		p.noteUnused(err)
	}
}

// noteUnused counts the candidates of the other peer that are not used, and logs the first.
// It does not quote it, because a log must not contain a peer's words.
func (p *Peer) noteUnused(err error) {
	p.mu.Lock()
	p.candidates.unused++
	first := p.candidates.unused == 1
	p.mu.Unlock()
	if first {
		why := "its form is not known"
		if err == errTooMany {
			why = err.Error()
		}
		debug("intercessor: a candidate of the other peer is not used: " + why + "; further ones are only counted")
	}
}

// signal sends a message to the other peer.
func (p *Peer) signal(typ string, message []byte) {
	if err := p.options.Signal(p.ctx, typ, message); err != nil && p.ctx.Err() == nil {
		p.SignallingLost(err)
	}
}

// watch fails the path if the other peer does not answer in time.
func (p *Peer) watch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	within := answerWithin
	if p.options.Base {
		within = baseWithin
	}
	if p.watchdog == nil {
		p.watchdog = time.AfterFunc(within, p.onNoAnswer)
	}
}

func (p *Peer) unwatch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchdog != nil {
		p.watchdog.Stop()
		p.watchdog = nil
	}
}

func (p *Peer) onNoAnswer() {
	p.mu.Lock()
	up, err := p.isUp, p.candidates.failure(CauseNoAnswer, nil)
	p.mu.Unlock()
	if !up {
		p.fail(err)
	}
}

func (p *Peer) noteRemote(lines ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.candidates.remote = keep(p.candidates.remote, lines...)
}
