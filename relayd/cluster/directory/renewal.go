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

// renew says whether etcd still holds the lease.
func (r *renewal) renew(ctx context.Context, id clientv3.LeaseID) (held bool, err error) {
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
	if err = r.stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(id)}); err == nil {
		var answer *pb.LeaseKeepAliveResponse
		if answer, err = r.stream.Recv(); err == nil {
			return answer.TTL > 0, nil
		}
	}
	r.end()
	return false, err
}

func (r *renewal) end() {
	if r.cancel != nil {
		r.cancel()
	}
	r.stream = nil
}
