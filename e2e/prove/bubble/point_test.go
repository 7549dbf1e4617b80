package bubble

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
)

// A point is where one connection is cut, and where the next one.
type point struct {
	server   bool // the listener's connection, not the client's
	down     bool // the relay's direction
	cut      virtual.Cut
	then     virtual.Cut // on the next connection of the same peer
	thenDown bool
}

var endNames, wayNames = map[bool]string{false: "client", true: "server"}, map[bool]string{false: "up", true: "down"}

func (p point) String() string {
	s := fmt.Sprintf("%s %s %d %s", endNames[p.server], wayNames[p.down], p.cut.At, p.cut.By)
	if p.then.By != virtual.None {
		s += fmt.Sprintf(" %s %d %s", wayNames[p.thenDown], p.then.At, p.then.By)
	}
	return s
}

// parsePoint reads what String writes.
func parsePoint(t *testing.T, s string) point {
	var end, way, by, way2, by2 string
	var p point
	n, _ := fmt.Sscan(s, &end, &way, &p.cut.At, &by, &way2, &p.then.At, &by2)
	require.True(t, n == 4 || n == 7, "INTERCESSOR_CUT is like 'client down 812 fin' or 'client down 812 fin up 77 rst'")
	p.server, p.down, p.thenDown = end == "server", way == "down", way2 == "down"
	for k := virtual.None; k <= virtual.Stall; k++ {
		if k.String() == by {
			p.cut.By = k
		}
		if k.String() == by2 {
			p.then.By = k
		}
	}
	return p.timed()
}

// timed sets the lengths of stalls: one that a connection survives, and one after which its
// bytes still arrive although the peer has resumed on another connection.
func (p point) timed() point {
	for _, c := range []*virtual.Cut{&p.cut, &p.then} {
		c.Long = 4 * time.Second
		if c.At%2 == 1 {
			c.Long = 40 * time.Second
		}
	}
	return p
}

func (p point) plan(n int) (up, down virtual.Cut) {
	c, d := p.cut, p.down
	switch {
	case n == 1:
		c, d = p.then, p.thenDown
	case n > 1:
		return
	}
	if d {
		return virtual.Cut{}, c
	}
	return c, virtual.Cut{}
}
