package link

import "slices"

// The events, each for side 0 and side 1.
const (
	eventDeliver = iota * 2
	eventTake
	eventSend
	eventCut
	eventRestart
	eventBack
	eventLateLost
	eventLateAgain
	eventLateArrives
	eventWake
	eventClose
	eventDeliverDirect
	eventStuck // the direct path lets nothing through any more; or again, what it held and all
	eventSuspect
	eventDirectUp
	eventWrite // the next step of the writer of a stream
	eventRead
	eventCount
)

var eventNames = []string{"deliver from", "take at", "send at", "cut", "relay killed", "back", "cut, but the last under way stays late, from",
	"deliver, and again later, from", "late frame arrives", "time", "close at", "deliver directly from", "the direct path holds up, or loses, what is under way", "direct path suspect at", "direct path up at", "writer of", "reader at"}

// step lets one event happen, if it can.
func (w *world) step(event int) (can bool, wrong string) {
	x := event % 2
	whole := w.up == [2]bool{true, true}
	switch event &^ 1 {
	case eventDeliver:
		if len(w.ways[x][Relay]) == 0 {
			return false, ""
		}
		m := w.ways[x][Relay][0]
		w.ways[x][Relay] = w.ways[x][Relay][1:]
		return true, w.receive(1-x, Relay, m)
	case eventDeliverDirect:
		if len(w.ways[x][Direct]) == 0 || w.stuck {
			return false, ""
		}
		m := w.ways[x][Direct][0]
		w.ways[x][Direct] = w.ways[x][Direct][1:]
		return true, w.receive(1-x, Direct, m)
	case eventStuck:
		if w.stuck || w.left.breaks == 0 {
			return false, ""
		}
		w.left.breaks--
		w.stuck = true
		if x == 1 {
			w.lose(Direct)
		}
		return true, ""
	case eventSuspect: // also without a cause
		l := w.links[x]
		if !l.up[Direct] || !w.stuck && w.left.breaks == 0 {
			return false, ""
		}
		if !w.stuck {
			w.left.breaks--
		}
		l.PathDown(w.now, Direct)
		return true, w.pump(x)
	case eventDirectUp: // the first of the two to see it lets everything through again
		l := w.links[x]
		if l.up[Direct] || !w.left.direct {
			return false, ""
		}
		w.stuck = false
		l.PathUp(w.now, Direct)
		return true, w.pump(x)
	case eventTake:
		if w.links[x].in[Data].inbox.len() == 0 {
			return false, ""
		}
		return true, w.take(x)
	case eventSend:
		if w.sent[x] == w.left.messages[x] || w.closed[x] {
			return false, ""
		}
		if w.links[x].ending.there || w.links[x].phase != open {
			return false, ""
		}
		w.send(x)
		return true, w.pump(x)
	case eventCut, eventLateLost:
		if w.left.cuts == 0 || !whole || event == eventCut+1 {
			return false, ""
		}
		if event&^1 == eventLateLost {
			if w.left.lates == 0 || len(w.ways[x][Relay]) == 0 {
				return false, ""
			}
			w.left.lates--
			w.late = append(w.late, late{w.ways[x][Relay][len(w.ways[x][Relay])-1], 1 - x, Relay})
		}
		w.left.cuts--
		w.lose(Relay)
		wrong = w.comeBack(0)
		if s := w.comeBack(1); s != "" {
			wrong = s
		}
		return true, wrong
	case eventRestart:
		if w.left.restarts == 0 || !whole || x == 1 {
			return false, ""
		}
		w.left.restarts--
		w.lose(Relay)
		w.up = [2]bool{}
		w.links[0].PathDown(w.now, Relay)
		w.links[1].PathDown(w.now, Relay)
		return true, ""
	case eventBack:
		if w.up[x] {
			return false, ""
		}
		return true, w.comeBack(x)
	case eventLateAgain:
		if w.left.lates == 0 || len(w.ways[x][Relay]) == 0 {
			return false, ""
		}
		w.left.lates--
		w.late = append(w.late, late{w.ways[x][Relay][0], 1 - x, Relay})
		return w.step(eventDeliver + x)
	case eventLateArrives:
		if x >= len(w.late) || !w.up[w.late[x].to] {
			return false, ""
		}
		m := w.late[x]
		w.late = slices.Delete(slices.Clone(w.late), x, x+1)
		return true, w.receive(m.to, m.path, m.wire)
	case eventWake:
		quiet := len(w.ways[0][Relay])+len(w.ways[1][Relay]) == 0
		if w.stuck { // a timer is slower than a suspicion, but for early ones
			quiet = quiet && !w.links[0].up[Direct] && !w.links[1].up[Direct]
		} else {
			quiet = quiet && len(w.ways[0][Direct])+len(w.ways[1][Direct]) == 0
		}
		if x == 1 || w.nextWake() == 0 || !quiet && w.left.early == 0 {
			return false, ""
		}
		if !quiet {
			w.left.early--
		}
		return true, w.wake()
	case eventClose:
		if !w.left.closes[x] {
			return false, ""
		}
		return true, w.close(x)
	case eventWrite:
		return w.write(x)
	case eventRead:
		return w.read(x)
	}
	return false, ""
}

// can is a cheap first look at whether an event may be possible.
func (w *world) can(event int) bool {
	x := event % 2
	switch event &^ 1 {
	case eventDeliver:
		return len(w.ways[x][Relay]) > 0
	case eventDeliverDirect:
		return len(w.ways[x][Direct]) > 0
	case eventStuck, eventDirectUp:
		return w.left.direct
	case eventSuspect:
		return w.links[x].up[Direct]
	case eventTake:
		return w.links[x].in[Data].inbox.len() > 0
	case eventSend:
		return w.sent[x] < w.left.messages[x]
	case eventCut, eventLateLost:
		return w.left.cuts > 0
	case eventRestart:
		return w.left.restarts > 0
	case eventBack:
		return !w.up[x]
	case eventLateAgain:
		return w.left.lates > 0
	case eventLateArrives:
		return x < len(w.late)
	case eventClose:
		return w.left.closes[x]
	case eventWrite, eventRead:
		return w.left.streams != [2]int{}
	}
	return true
}
