package rtc

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// job is something for run to do: a message of the other peer, a local candidate
// to send, or, with an empty type, a look at whether the peers must negotiate.
type job struct {
	typ     string
	message []byte
	local   bool
}

// wake sees to it that run runs. It follows each job that was put in.
func (p *Peer) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started && !p.busy && p.ctx.Err() == nil {
		p.busy = true
		p.running.Go(p.run)
	}
}

// run does one job after the other until there is none. It alone negotiates, and at most
// one of it runs.
func (p *Peer) run() {
	for {
		j, ok := p.next()
		if !ok {
			return
		}
		switch err := p.do(j); err {
		case nil:
		case errFull:
			if p.options.Full == nil || !p.options.Full() {
				p.onFailed(CauseNoPath) // the other peer need not wait for an answer
			} else {
				p.fail(err)
			}
		default:
			p.fail(err)
		}
	}
}

// next returns the next job. If there is none, run is over.
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
		return p.take(p.negotiation.needed(pc.unplaced()), nil)
	}
	next, err := p.negotiation.received(j.typ, j.message)
	if err != nil {
		return &NegotiationError{Type: j.typ, Err: err}
	}
	return p.take(next, j.message)
}

// take carries out a step of the negotiation, and what follows from it.
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
	return p.negotiation.settled(pc.unplaced())
}

// describe puts this side's description in place and sends it.
func (p *Peer) describe(pc *peerConn, typ string) error {
	// The platform looks again at what is needed whenever a round ends. So what it has
	// told before is not worth another round: for an answer up to here, where one is
	// under way, for an offer until the offer is in place.
	answer := typ == protocol.TypeAnswer
	if answer {
		p.stale.Store(false)
	}
	if p.options.RelayICEServers != nil {
		if servers := p.options.RelayICEServers(); servers != nil {
			pc.setICEServers(servers)
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

// place puts the other side's description in place, and then the candidates that
// waited for it.
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

// add hands a candidate to ICE. One that is of no use is no reason to give up:
// another may be.
func (p *Peer) add(pc *peerConn, message []byte) {
	line, err := candidateLine(message)
	switch {
	case err != nil:
		p.noteUnused(err)
	case line != "": // "" is the end of the candidates, which this side does not wait for
		p.noteRemote(line)
		p.addLine(pc, line, message)
	}
}

func (p *Peer) addLine(pc *peerConn, line string, message []byte) {
	if err := pc.addCandidate(p.ctx, line, message); err != nil {
		p.noteUnused(err)
	}
}

// noteUnused counts the candidates of the other peer that are not used, and tells of the
// first. It does not quote it: a peer's words are not for a log.
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

// watch gives the other peer some time to answer.
func (p *Peer) watch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchdog == nil {
		p.watchdog = time.AfterFunc(answerWithin, p.onNoAnswer)
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
