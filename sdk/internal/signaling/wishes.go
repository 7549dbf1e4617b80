package signaling

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// maxKicks bounds the clients that a session remembers to have sent away.
const maxKicks = 1 << 10

// wishes are what a server wants of its room. They live here and not in the relay,
// which may forget them at any time: after each resume they are said again, first of
// all (P7).
type wishes struct {
	last uint64  // the number that was given last
	list []*wish // in the order in which they came; at most one of each typ, ID and By
}

// wish is one request that is, or is to be, in force.
type wish struct {
	typ     string
	request protocol.Request // with the number under which it was said last
	until   time.Time        // when a kick ends; zero: never
	callers []chan error     // of requests that wait for the answer; each has capacity for it
}

// want notes a request, in the place of an older one about the same thing, and
// returns it numbered, and the channel on which its answer comes.
func (w *wishes) want(typ string, r protocol.Request) (*wish, chan error) {
	i := 0
	for i < len(w.list) && (w.list[i].typ != typ || w.list[i].request.ID != r.ID || w.list[i].request.By != r.By) {
		i++
	}
	if i == len(w.list) {
		w.expire()
		w.forgetOldest(typ)
		w.list = append(w.list, &wish{typ: typ})
		i = len(w.list) - 1
	}
	it, answered := w.list[i], make(chan error, 1)
	r.Mark = it.request.Mark
	it.request, it.until = r, time.Time{}
	if r.For > 0 {
		it.until = time.Now().Add(time.Duration(r.For) * time.Second)
	}
	it.callers = append(it.callers, answered)
	w.number(it)
	return it, answered
}

// forgetOldest forgets the oldest kick whose answer is not awaited, if there are too many.
func (w *wishes) forgetOldest(typ string) {
	if typ != protocol.TypeRelayKick || len(w.list) < maxKicks {
		return
	}
	for i, it := range w.list {
		if it.typ == typ && len(it.callers) == 0 {
			w.list = append(w.list[:i], w.list[i+1:]...)
			return
		}
	}
}

// expire forgets the kicks whose time is over.
func (w *wishes) expire() {
	now, kept := time.Now(), w.list[:0]
	for _, it := range w.list {
		if it.until.IsZero() || now.Before(it.until) || len(it.callers) > 0 {
			kept = append(kept, it)
		}
	}
	clear(w.list[len(kept):])
	w.list = kept
}

// number gives a wish a new number, under which it is said again, for the time that is left.
func (w *wishes) number(it *wish) {
	w.last++
	it.request.Number = w.last
	if !it.until.IsZero() {
		it.request.For = uint64(max(1, (time.Until(it.until)+time.Second-1)/time.Second))
	}
}

// answered takes the relay's answer. A wish that was refused is forgotten. An answer to
// a request that was said again since is not waited for.
func (w *wishes) answered(a protocol.Answer) {
	for i, it := range w.list {
		if it.request.Number != a.Number {
			continue
		}
		var err error
		if a.Mark != "" {
			it.request.Mark = a.Mark
		}
		if a.Error != "" {
			err = &RequestError{Type: it.typ, Reason: a.Error}
			w.list = append(w.list[:i], w.list[i+1:]...)
		}
		it.settle(err)
		return
	}
}

// kicked returns a wish that a client be sent away, or nil.
func (w *wishes) kicked(id protocol.ID) *wish {
	w.expire()
	for _, it := range w.list {
		if it.typ == protocol.TypeRelayKick && it.request.ID == id {
			return it
		}
	}
	return nil
}

// end tells all callers that no answer comes.
func (w *wishes) end(err error) {
	for _, it := range w.list {
		it.settle(err)
	}
}

func (it *wish) settle(err error) {
	for _, caller := range it.callers {
		caller <- err
	}
	it.callers = nil
}

func (it *wish) body() []byte { return protocol.AppendRequest(nil, it.typ, it.request) }
