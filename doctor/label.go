package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// compareLabels compares the addresses that the allocations got. A node of a relay gives its
// label to all.
func (v *visit) compareLabels(context.Context) Result {
	for _, address := range v.relayed {
		if address != v.relayed[0] && (protocol.IsLabel(address.String()) || protocol.IsLabel(v.relayed[0].String())) {
			return Fail("the answers come from several nodes behind one name: "+strings.Join(v.labels, ", "),
				"give each node a name of its own in `turn.hosts`, because peers meet only at one node")
		}
	}
	if !protocol.IsLabel(v.relayed[0].String()) {
		return Passed("%s, of a TURN server with ports of its own", v.relayed[0])
	}
	return Passed("%s in all %d answers", fmt.Sprint(v.relayed[0]), len(v.relayed))
}
