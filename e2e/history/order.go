package history

// order checks C3: what one sender sends to one receiver arrives in order, without a gap.
// Only refused messages may be missing in between. To or from a base peer any may be missing,
// because there the promise is at most once.
type order struct {
	*index
	ends map[[2]string]*reached // by receiving App and Sender
}

// reached is how far the receiver has come.
type reached struct {
	seq uint64
	at  int
	gap map[uint64]bool // numbers that were passed over
}

func newOrder(x *index) rule { return &order{x, map[[2]string]*reached{}} }

func (o *order) see(i int, e *Event) {
	if e.Kind != Receive {
		return
	}
	s := o.sends[sending{e.From, e.Seq}]
	if s == nil {
		return // C1
	}
	key := [2]string{e.App, e.From}
	last := o.ends[key]
	if last == nil {
		last = &reached{at: -1}
		o.ends[key] = last
	}
	if e.Seq <= last.seq {
		if last.gap[e.Seq] {
			delete(last.gap, e.Seq)
			o.report.add(o.across("C3", e.From, Sender(e.App, e.Conn), o.events[s.at].At, e.At), "a message came after one that was sent later", i, last.at)
		}
		return // else C2
	}
	base := o.app(e).base || o.app(&o.events[s.at]).base
	for seq := last.seq + 1; seq < e.Seq; seq++ { // each number is passed once
		missing := o.sends[sending{e.From, seq}]
		if missing == nil {
			continue // a number that its sender left out
		}
		if last.gap == nil {
			last.gap = map[uint64]bool{}
		}
		last.gap[seq] = true
		if !base && !(missing.outcome >= 0 && o.events[missing.outcome].Kind == Refused) {
			o.report.add(o.across("C3", e.From, Sender(e.App, e.Conn), o.events[missing.at].At, e.At), "a message came before one that was sent earlier", i, missing.at)
		}
	}
	last.seq, last.at = e.Seq, i
}

func (o *order) end() {}
