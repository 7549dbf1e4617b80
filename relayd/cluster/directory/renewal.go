package directory

import (
	"context"
	"errors"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A renewal is a stream on which leases are renewed. It stays open from one renewal to the next. The
// client's own KeepAliveOnce opens one each time, and tries without a pause while etcd is away.
type renewal struct {
	client *clientv3.Client
	stream pb.Lease_LeaseKeepAliveClient // nil after an error
	cancel context.CancelFunc            // of stream
}

// renew renews the leases together, because etcd may be slow, and says whether it still holds all of
// them.
func (r *renewal) renew(ctx context.Context, ids ...clientv3.LeaseID) (held bool, err error) {
	if r.stream == nil {
		streamCtx, cancel := context.WithCancel(context.Background())
		r.cancel = cancel
		stop := context.AfterFunc(ctx, cancel)
		r.stream, err = pb.NewLeaseClient(r.client.ActiveConnection()).LeaseKeepAlive(streamCtx)
		if !stop() || err != nil {
			r.end()
			return false, errors.Join(err, ctx.Err())
		}
	}
	stop := context.AfterFunc(ctx, r.cancel)
	defer stop()
	for _, id := range ids {
		if err := r.stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(id)}); err != nil {
			r.end()
			return false, err
		}
	}
	held = true
	for range ids {
		answer, err := r.stream.Recv()
		if err != nil {
			r.end()
			return false, err
		}
		held = held && answer.TTL > 0
	}
	return held, nil
}

func (r *renewal) end() {
	if r.cancel != nil {
		r.cancel()
	}
	r.stream = nil
}
