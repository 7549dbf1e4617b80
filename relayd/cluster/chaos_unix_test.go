package cluster_test

import (
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

// TestFaultsOneAfterTheOther: while nodes are killed, frozen and drained, and etcd stands still, no
// session of a server that lives hears a final code, and all meet again.
func TestFaultsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	nodes := slices.Clone(w.nodes)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	shuffled := func() []*node {
		random.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		return slices.Clone(nodes)
	}
	type pair struct{ server, client *session }
	var pairs []pair
	for range 12 {
		server := w.session("/server", shuffled()...)
		for range 2 {
			pairs = append(pairs, pair{server, w.session("/client/"+server.id, shuffled()...)})
		}
	}
	for range 8 {
		i := random.IntN(len(nodes))
		n := nodes[i]
		replace := func() {
			next := w.start(n.name)
			for _, p := range pairs {
				p.server.replace(n, next)
				p.client.replace(n, next)
			}
			nodes[i] = next
		}
		fault := []string{"kill", "kill", "drain", "freeze", "etcd"}[random.IntN(5)]
		t.Log(fault, n.name)
		switch fault {
		case "kill":
			n.kill(t)
			replace()
		case "drain":
			n.signal(t, syscall.SIGTERM)
			<-n.ended
			replace()
		case "freeze":
			n.signal(t, syscall.SIGSTOP)
			time.Sleep(time.Duration(random.IntN(6000)) * time.Millisecond)
			n.signal(t, syscall.SIGCONT)
		case "etcd":
			w.etcd.Pause()
			time.Sleep(time.Duration(random.IntN(6000)) * time.Millisecond)
			w.etcd.Resume()
		}
		if random.IntN(2) == 0 {
			continue // the next fault meets what is under way
		}
		for _, p := range pairs {
			meet(p.server, p.client)
		}
	}
	for _, p := range pairs {
		meet(p.server, p.client)
	}
}

// replace puts a node in the place of another one, to which the session does not come again.
func (s *session) replace(before, next *node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.nodes, before); i >= 0 {
		s.nodes[i] = next
	}
}
