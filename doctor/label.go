package doctor

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// documentation are the networks of a relay's labels (RFC 5737).
var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
}

func isLabel(address netip.Addr) bool {
	for _, network := range documentation {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// compareLabels compares the addresses that the allocations got. A node of a relay gives its
// label to all.
func (v *visit) compareLabels(context.Context) Result {
	for _, address := range v.relayed {
		if address != v.relayed[0] && (isLabel(address) || isLabel(v.relayed[0])) {
			return Fail("the answers come from several nodes behind one name: "+strings.Join(v.labels, ", "),
				"give each node a name of its own in `turn.hosts`, because peers meet only at one node")
		}
	}
	if !isLabel(v.relayed[0]) {
		return Passed("%s, of a TURN server with ports of its own", v.relayed[0])
	}
	return Passed("%s in all %d answers", fmt.Sprint(v.relayed[0]), len(v.relayed))
}
