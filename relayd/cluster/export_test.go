package cluster

import "time"

// StandStill makes the node believe that it has stood still for a day.
func (n *Node) StandStill() { n.ran.Store(-int64(24 * time.Hour)) }

// FillAsking looks rooms up for as many newcomers as at most, until the returned function is called.
func (n *Node) FillAsking() (end func()) {
	for range cap(n.asking) {
		n.asking <- struct{}{}
	}
	return func() {
		for range cap(n.asking) {
			n.asked()
		}
	}
}
