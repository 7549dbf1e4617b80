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
		p.poll()
		return
	}
	if !p.onICE.target.Truthy() {
		p.onICE.target = ice
		p.onICE.on("selectedcandidatepairchange", p.lookAtPair)
	}
	var pair js.Value
	if try(func() { pair = ice.Call("getSelectedCandidatePair") }) != nil { // as that of some polyfills throws
		p.poll()
	} else if pair.Truthy() {
		p.events.pair(pairOf(pair.Get("local"), pair.Get("remote"), "type"))
	}
}

// poll starts findPair, once.
func (p *peerConn) poll() {
	if !p.polls {
		p.polls = true
		p.finding.Go(p.findPair)
	}
}

// findPair is lookAtPair for browsers that tell of the pair in their statistics alone, without an
// event. It looks often at first.
func (p *peerConn) findPair() {
	for n := 0; ; n++ {
		wait := 2 * time.Second
		if !p.readPair() && n < 20 {
			wait = 100 * time.Millisecond
		}
		select {
		case <-time.After(wait):
		case <-p.ctx.Done():
			return
		}
	}
}

// readPair finds the pair that the transport names. Not all browsers do. In others several pairs may
// have been nominated, one after the other, and Firefox tells which one is selected.
func (p *peerConn) readPair() bool {
	stats, err := p.call(p.ctx, "getStats")
	if err != nil {
		return false
	}
	var pair js.Value
	all := js.Global().Get("Array").Call("from", stats.Call("values"))
	for i := range all.Length() {
		s := all.Index(i)
		if id := s.Get("selectedCandidatePairId"); id.Truthy() {
			pair = stats.Call("get", id)
			break
		}
		if selected := s.Get("selected"); s.Get("nominated").Truthy() && textOf(s.Get("state")) == "succeeded" && (selected.IsUndefined() || selected.Truthy()) {
			pair = s
		}
	}
	if !pair.Truthy() {
		return false
	}
	p.events.pair(pairOf(stats.Call("get", pair.Get("localCandidateId")), stats.Call("get", pair.Get("remoteCandidateId")), "candidateType"))
	return true
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
