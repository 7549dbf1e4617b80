package cluster

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
