package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// enterPatiently enters the directory. While etcd is away it tries again, until the context ends.
func (n *Node) enterPatiently(ctx context.Context) error {
	var away error
	for {
		wait, err := n.enterDirectory(ctx)
		if !wait {
			return err
		}
		if ctx.Err() == nil {
			found, final := n.examine(ctx)
			if final {
				return found
			}
			if found != nil {
				err = fmt.Errorf("%w; %w", found, err)
			}
			if ctx.Err() == nil {
				if away == nil {
					n.config.Log.Warn("this node waits for etcd before it lets peers in", "error", err)
				}
				away = err
			}
		}
		select {
		case <-ctx.Done():
			return cmp.Or(away, err)
		case <-time.After(againAfter):
		}
	}
}

// examine returns what keeps this node from members of etcd, nil if it finds nothing. Final says that every
// member refuses this node, which time does not mend.
func (n *Node) examine(ctx context.Context) (found error, final bool) {
	wrong, _ := directory.Check(ctx, n.config.Directory)
	mends := slices.ContainsFunc(wrong, func(err error) bool { return !directory.IsRefusal(err) })
	return errors.Join(wrong...), len(wrong) == len(n.config.Directory.Endpoints) && !mends
}

// enterDirectory enters the directory, unless this node must not be one of the others. After an error,
// wait says that etcd is away: another try may succeed.
func (n *Node) enterDirectory(ctx context.Context) (wait bool, err error) {
	began := time.Now()
	instances, err := n.directory.Instances(ctx)
	if err != nil {
		return !directory.IsRefusal(err), err
	}
	n.known.read(instances, began)
	if err := n.agree(ctx); err != nil {
		return false, err
	}
	entry := home.Enter(n.self, false, &home.View{Instances: instances})
	for _, rival := range entry.Rivals {
		at := forward.Peer{Instance: rival, Address: instances[rival].Address}
		if _, err := n.links.Ask(ctx, at, &forward.Handover{Kind: forward.Who}); err == nil {
			return false, fmt.Errorf("another process runs as the node %s at %s: end it, or give this node another name", rival.Name, at.Address)
		}
	}
	_, err = n.directory.Join(ctx, entry.Rivals...)
	return err != nil && !directory.IsRefusal(err) && !errors.Is(err, directory.ErrRival), err
}

// agree returns why this node must not be one of the others (N1). It asks those that answer.
func (n *Node) agree(ctx context.Context) error {
	for _, r := range n.askEach(ctx, n.others(n.known.all()), &forward.Handover{Kind: forward.Who}) {
		err := n.mismatch(r)
		switch {
		case r.err == nil && err != nil, errors.Is(err, forward.ErrKey):
			return err
		case err != nil && !isGone(err):
			n.config.Log.Warn("another node does not answer", "error", err)
		}
	}
	return nil
}

// announceWithin bounds the questions of announce.
const announceWithin = 3 * time.Second

// announce tells the other nodes that this one is in the directory and where it is. They may be cut
// off from etcd before they look the next time. Those that enter after this one read of it.
func (n *Node) announce() {
	began := time.Now()
	if instances, err := n.directory.Instances(n.life); err == nil { // with those that have entered at the same time
		n.known.read(instances, began)
	}
	ctx, cancel := context.WithTimeout(n.life, announceWithin)
	defer cancel()
	n.askEach(ctx, n.others(n.known.all()), &forward.Handover{Kind: forward.Who, Body: []byte(n.config.Advertise)})
}
