package link

import "sync"

// queue is shared memory for messages in parts. They reserve their whole length, in the
// order in which they asked. So two half-received messages cannot wait for each other,
// and a message waits only for those that asked before it.
type queue struct {
	share

	mu      sync.Mutex
	waiting []place // guarded by mu, as made is
	made    place
}

// place is a message's place in a queue. 0 means none.
type place uint64

// reserve takes n bytes if they are free and no other message waits for them. Otherwise
// it returns false, and the message's place if it must wait.
func (q *queue) reserve(n int, at place, wait bool) (place, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if (len(q.waiting) == 0 || q.waiting[0] == at) && q.share.reserve(n) {
		q.remove(at)
		return 0, true
	}
	if at == 0 && wait {
		q.made++
		at = q.made
		q.waiting = append(q.waiting, at)
	}
	return at, false
}

// leave gives a place up.
func (q *queue) leave(at place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(at)
}

func (q *queue) remove(at place) {
	for k, p := range q.waiting {
		if p == at {
			q.waiting = append(q.waiting[:k], q.waiting[k+1:]...)
			return
		}
	}
}

// isWanted reports whether a message waits.
func (q *queue) isWanted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) > 0
}
