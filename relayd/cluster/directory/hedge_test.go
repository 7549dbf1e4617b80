package directory_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// A bouncer stands before etcd: it fails the first questions at once, leaves one unanswered, and passes
// the others on.
type bouncer struct {
	pb.UnimplementedKVServer
	to    pb.KVClient
	fails int32
	asked atomic.Int32
}

func (b *bouncer) Txn(ctx context.Context, r *pb.TxnRequest) (*pb.TxnResponse, error) {
	switch n := b.asked.Add(1); {
	case n <= b.fails:
		return nil, status.Error(codes.Internal, "not now")
	case n == b.fails+1:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return b.to.Txn(ctx, r)
}

// TestReadAfterFailures: a read that has failed some times at once, and then gets no answer, is asked
// again as soon as any other.
func TestReadAfterFailures(t *testing.T) {
	t.Parallel()
	member, _ := one(t)
	conn, err := grpc.NewClient(member.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	pb.RegisterKVServer(server, &bouncer{to: pb.NewKVClient(conn), fails: 6})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Stop()
		require.NoError(t, <-served)
	}()
	_, err = open(t, "a", 1, []string{"http://" + listener.Addr().String()}).Instances(within(t, patience))
	require.NoError(t, err)
}
