package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
)

// maxSkew is by how much the clocks of two nodes may differ. Kicks and moves of rooms have times.
const maxSkew = 3 * time.Second

// Check reaches etcd and the other nodes as a node does, enters nothing, and returns what would keep
// this node from being one of them. Each error and each warning is a sentence with what to change.
// It also returns the names of the nodes that it has reached.
func Check(ctx context.Context, c Config) (reached []string, wrong []error, warnings []string) {
	wrong, warnings = directory.Check(ctx, c.Directory)
	if len(wrong) > 0 {
		return nil, wrong, warnings
	}
	n, err := New(c)
	if err != nil {
		return nil, []error{err}, warnings
	}
	defer n.Close(ctx)
	instances, err := n.directory.Instances(ctx)
	for errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // a password takes etcd long
		instances, err = n.directory.Instances(ctx)
	}
	if err != nil {
		return nil, []error{err}, warnings
	}
	began := time.Now()
	for _, r := range n.askEach(ctx, n.others(instances), &forward.Handover{Kind: forward.Who}) {
		took := time.Since(began)
		switch err := n.mismatch(r); {
		case isGone(r.err): // it has ended, or has another run
		case r.err != nil:
			wrong = append(wrong, unreached(r))
		case err != nil:
			wrong = append(wrong, err)
		default:
			reached = append(reached, r.from.Name)
			if skew := skewOf(r, took); skew > maxSkew {
				wrong = append(wrong, fmt.Errorf("the clock of the node %s differs from this one's by %v: set both with NTP", r.from.Name, skew.Round(time.Second)))
			}
		}
	}
	return reached, wrong, warnings
}

// unreached says which setting keeps two nodes apart.
func unreached(r reply) error {
	what := "open its port in the firewall, or correct its cluster.advertise"
	switch {
	case errors.Is(r.err, forward.ErrKey):
		what = "all nodes need the same file of cluster.secret_file"
	case errors.Is(r.err, forward.ErrUntrusted):
		what = "both certificates must be signed by cluster.ca_file, be valid, and have a name of cluster.members"
	case errors.Is(r.err, forward.ErrVersion):
		what = "update relayd on the older one"
	}
	return fmt.Errorf("%w; %s", r.err, what)
}

// skewOf returns by how much another node's clock differs, beyond what the answer may have taken.
func skewOf(r reply, took time.Duration) time.Duration {
	var other report
	if json.Unmarshal(r.body, &other) != nil {
		return 0 // mismatch has reported it
	}
	return max(0, time.Since(other.Now).Abs()-took)
}
