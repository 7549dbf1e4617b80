package rtc

import (
	"syscall/js"
	"time"
)

// lookAtPair reports the selected pair, and each that follows.
func (p *peerConn) lookAtPair(js.Value) {
	sctp := p.pc.Get("sctp")
	if !sctp.Truthy() {
		return
	}
	ice := sctp.Get("transport").Get("iceTransport")
	if !ice.Truthy() || ice.Get("getSelectedCandidatePair").IsUndefined() {
		p.finding.Go(p.findPair)
		return
	}
	if !p.onICE.target.Truthy() {
		p.onICE.target = ice
		p.onICE.on("selectedcandidatepairchange", p.lookAtPair)
	}
	var pair js.Value
	if try(func() { pair = ice.Call("getSelectedCandidatePair") }) != nil { // of a polyfill that has not implemented it
		p.finding.Go(p.findPair)
	} else if pair.Truthy() {
		p.events.pair(pairOf(pair.Get("local"), pair.Get("remote"), "type"))
	}
}

// findPair is lookAtPair for browsers that tell of the pair in their statistics alone. These may be
// of a while ago.
func (p *peerConn) findPair() {
	for range 20 {
		if p.readPair() {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *peerConn) readPair() (found bool) {
	stats, err := p.call(p.ctx, "getStats")
	if err != nil {
		return false
	}
	all := js.Global().Get("Array").Call("from", stats.Call("values"))
	for i := range all.Length() {
		s := all.Index(i)
		if s.Get("type").String() == "candidate-pair" && s.Get("nominated").Truthy() && s.Get("state").String() == "succeeded" {
			p.events.pair(pairOf(stats.Call("get", s.Get("localCandidateId")), stats.Call("get", s.Get("remoteCandidateId")), "candidateType"))
			found = true
		}
	}
	return found
}

// pairOf reads two candidates, whose member of that name is their type.
func pairOf(local, remote js.Value, member string) Pair {
	if !local.Truthy() || !remote.Truthy() {
		return Pair{}
	}
	pair := Pair{Local: textOf(local.Get(member)), Remote: textOf(remote.Get(member))}
	pair.Label = isLabel(pair.Local, textOf(local.Get("address"))) || isLabel(pair.Remote, textOf(remote.Get("address")))
	return pair
}
