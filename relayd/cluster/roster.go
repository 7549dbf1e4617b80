package cluster

import (
	"maps"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// A roster is which instances there are, as far as a node knows without asking the directory. It says
// which nodes to ask and where they are, and no more: what is final is decided by a home.View. So an
// entry that is wrong or old costs a question to an address at which its instance does not answer.
type roster struct {
	mu    sync.Mutex
	known map[home.Instance]home.Marks // guarded by mu; the map itself does not change
	began time.Time                    // guarded by mu: of the newest read
	heard map[home.Instance]heardFrom  // guarded by mu: instances that have entered after began
}

type heardFrom struct {
	address string
	at      time.Time
}

// maxHeard bounds the instances that are known from themselves alone, and maxHeardAddress their
// addresses in bytes.
const (
	maxHeard        = 256
	maxHeardAddress = 255
)

// all returns all instances. The caller does not change the map.
func (r *roster) all() map[home.Instance]home.Marks {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known
}

// read takes what a read of the directory has returned that began at a time. Instances that have said
// before that they have entered are in it, or are gone.
func (r *roster) read(instances map[home.Instance]home.Marks, began time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if began.Before(r.began) {
		return
	}
	r.began = began
	for i, h := range r.heard {
		if h.at.Before(began) {
			delete(r.heard, i)
		}
	}
	r.merge(instances)
}

// hear takes what an instance says of itself after it has entered the directory. One that only asks
// has no address.
func (r *roster) hear(i home.Instance, address string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.known[i]; address == "" || len(address) > maxHeardAddress || !known && len(r.heard) >= maxHeard {
		return
	}
	if r.heard == nil {
		r.heard = make(map[home.Instance]heardFrom)
	}
	r.heard[i] = heardFrom{address, at}
	r.merge(r.known)
}

// merge makes what was read and heard that which is known. With mu held.
func (r *roster) merge(instances map[home.Instance]home.Marks) {
	if len(r.heard) > 0 {
		merged := make(map[home.Instance]home.Marks, len(instances)+len(r.heard))
		maps.Copy(merged, instances)
		for i, h := range r.heard {
			merged[i] = home.Marks{Address: h.address, Alive: true, Recent: true, Kept: true}
		}
		instances = merged
	}
	r.known = instances
}
