package directory

import (
	"context"
	"fmt"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Succeed takes the mark "alive" from an earlier instance of this node, and puts its mark "recent"
// anew: it may have served until it ended, and its servers may come back. Address is where the
// instance was.
func (d *Directory) Succeed(ctx context.Context, before home.Instance, address string) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	lease, err := d.grant(ctx, d.recentFor())
	if err == nil {
		_, err = d.client.Put(ctx, d.markKey(before, recent), string([]byte{version})+address, clientv3.WithLease(lease))
	}
	if err != nil {
		return fmt.Errorf("cannot mark the earlier process of this node as recent: %w", cause(ctx, err))
	}
	return d.Revoke(ctx, before)
}
