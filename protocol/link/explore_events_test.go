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
	eventCount
)

var eventNames = []string{"deliver from", "take at", "send at", "cut", "relay killed", "back", "cut, but the last under way stays late, from",
	"deliver, and again later, from", "late frame arrives", "time", "close at"}

// step lets one event happen, if it can.
func (w *world) step(event int) (can bool, wrong string) {
	x := event % 2
	whole := w.up == [2]bool{true, true}
	switch event &^ 1 {
	case eventDeliver:
		if len(w.ways[x]) == 0 {
			return false, ""
		}
		m := w.ways[x][0]
		w.ways[x] = w.ways[x][1:]
		return true, w.receive(1-x, m)
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
			if w.left.lates == 0 || len(w.ways[x]) == 0 {
				return false, ""
			}
			w.left.lates--
			w.late = append(w.late, late{w.ways[x][len(w.ways[x])-1], 1 - x})
		}
		w.left.cuts--
		w.lose()
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
		w.lose()
		w.up = [2]bool{}
		w.links[0].PathDown(w.now)
		w.links[1].PathDown(w.now)
		return true, ""
	case eventBack:
		if w.up[x] {
			return false, ""
		}
		return true, w.comeBack(x)
	case eventLateAgain:
		if w.left.lates == 0 || len(w.ways[x]) == 0 {
			return false, ""
		}
		w.left.lates--
		w.late = append(w.late, late{w.ways[x][0], 1 - x})
		return w.step(eventDeliver + x)
	case eventLateArrives:
		if x >= len(w.late) || !w.up[w.late[x].to] {
			return false, ""
		}
		m := w.late[x]
		w.late = slices.Delete(slices.Clone(w.late), x, x+1)
		return true, w.receive(m.to, m.wire)
	case eventWake:
		quiet := len(w.ways[0])+len(w.ways[1]) == 0
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
	}
	return false, ""
}

// can is a cheap first look at whether an event may be possible.
func (w *world) can(event int) bool {
	x := event % 2
	switch event &^ 1 {
	case eventDeliver:
		return len(w.ways[x]) > 0
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
	}
	return true
}
