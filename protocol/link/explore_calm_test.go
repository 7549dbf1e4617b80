package link

import "fmt"

// calm lets nothing more break, and both applications take what comes. It stops
// where it comes to a state from which that is known to end well.
func (w *world) calm(well map[uint64]struct{}, hash func(*world) uint64) string {
	w.left = bounds{messages: w.left.messages, streams: w.left.streams, abort: w.left.abort, stop: w.left.stop, eager: w.left.eager} // a direct path that is stuck, or down, stays so
	var way []uint64
	for range 500 {
		state := hash(w)
		if _, ok := well[state]; ok {
			break
		}
		way = append(way, state)
		moved, wrong := w.calmStep()
		if wrong != "" {
			return wrong
		}
		if !moved {
			if wrong := w.final(); wrong != "" {
				return wrong
			}
			break
		}
		if len(way) == 500 {
			return "the links do not fall silent"
		}
	}
	for _, state := range way {
		well[state] = struct{}{}
	}
	return ""
}

func (w *world) calmStep() (moved bool, wrong string) {
	for _, event := range []int{eventBack, eventSuspect, eventDeliver, eventDeliverDirect, eventTake, eventSend, eventLateArrives, eventWrite, eventRead} {
		for x := range w.links {
			if w.can(event + x) {
				if moved, wrong = w.step(event + x); moved {
					return true, wrong
				}
			}
		}
	}
	if w.nextWake() == 0 {
		return false, ""
	}
	return true, w.wake()
}

// final checks that every send has ended as it has to.
func (w *world) final() string {
	for x := range w.links {
		for k := 1; k <= w.sent[x]; k++ {
			kind := w.outcomes[x][k]
			switch {
			case kind == Delivered:
			case w.closed[1-x] && kind == Refused:
			default:
				return fmt.Sprintf("in the end message %d of %d has the outcome %d", k, x, kind)
			}
		}
		if wrong := w.finalFlow(x); wrong != "" {
			return wrong
		}
		if w.links[x].probe.pending && w.links[x].phase == open {
			return "a probe has no answer"
		}
		if w.closed != [2]bool{} && (w.ended[x] == 0 || !w.links[x].Over()) {
			return fmt.Sprintf("the link of %d is not over", x)
		}
	}
	return ""
}
