package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// MaxRead is how many rooms one Read takes.
	MaxRead = 100

	// maxMarks bounds the keys under nodes/ that an answer may hold. An instance has three or four,
	// for a day.
	maxMarks = 4096
)

// An Entry is what the directory holds of a room.
type Entry struct {
	Room     string      // its RoomKey; empty if the claim cannot be read and the room was not asked for
	Revision int64       // of the claim's last change; 0 if the room has none
	Claim    *home.Claim // nil with a Revision: it cannot be read
}

// Instances returns all instances of which the directory holds marks.
func (d *Directory) Instances(ctx context.Context) (map[home.Instance]home.Marks, error) {
	answer, err := d.read(ctx, callWithin, d.getMarks())
	if err != nil {
		return nil, fmt.Errorf("cannot read the instances from etcd: %w", err)
	}
	return d.instances(answer.Responses[0].GetResponseRange())
}

// Read returns what the directory holds of at most [MaxRead] rooms, given by their RoomKeys, in
// their order. at is the directory's revision then, or at the first read if it took several.
func (d *Directory) Read(ctx context.Context, keys []string) (entries []Entry, at int64, err error) {
	if len(keys) == 0 || len(keys) > MaxRead {
		return nil, 0, fmt.Errorf("the directory reads 1 to %d rooms at once, not %d", MaxRead, len(keys))
	}
	gets, hashes := make([]clientv3.Op, len(keys)), make([]hash, len(keys))
	for i, key := range keys {
		hashes[i] = d.room(key)
		gets[i] = clientv3.OpGet(d.roomKey(hashes[i]))
	}
	answer, err := d.read(ctx, callWithin, gets...)
	if half := len(keys) / 2; errors.Is(err, ErrLarge) && half > 0 {
		var rest []Entry
		if entries, at, err = d.Read(ctx, keys[:half]); err == nil {
			rest, _, err = d.Read(ctx, keys[half:])
		}
		return append(entries, rest...), at, err
	}
	if err != nil {
		return nil, 0, fmt.Errorf("cannot read rooms from etcd: %w", err)
	}
	entries = make([]Entry, len(keys))
	for i, key := range keys {
		entries[i] = d.entry(key, hashes[i], answer.Responses[i].GetResponseRange().Kvs)
	}
	return entries, answer.Header.Revision, nil
}

// entry reads the values of a room's key: one, or none.
func (d *Directory) entry(key string, h hash, values []*mvccpb.KeyValue) Entry {
	if len(values) == 0 {
		return Entry{Room: key}
	}
	return Entry{Room: key, Revision: values[0].ModRevision, Claim: d.openClaim(h, values[0].Value)}
}

// stateGets is how many reads getState returns.
const stateGets = 3

// getState reads what a view holds beside a room's claim.
func (d *Directory) getState() []clientv3.Op {
	return []clientv3.Op{d.getMarks(), clientv3.OpGet(d.prefix+youngKey, clientv3.WithKeysOnly()), clientv3.OpGet(d.prefix + clusterKey)}
}

// state takes the answers to getState.
func (d *Directory) state(header *pb.ResponseHeader, answers []*pb.ResponseOp) (view home.View, err error) {
	view.Young = answers[1].GetResponseRange().Count > 0 || !isOwn(header, answers[2])
	view.Instances, err = d.instances(answers[0].GetResponseRange())
	return view, err
}

// isOwn reports whether the directory names the cluster that answers as its own. An etcd that was restored
// from a snapshot is another cluster.
func isOwn(header *pb.ResponseHeader, name *pb.ResponseOp) bool {
	values := name.GetResponseRange().Kvs
	return len(values) == 1 && string(values[0].Value) == clusterName(header.ClusterId)
}

func clusterName(id uint64) string { return fmt.Sprintf("%c%016x", version, id) }

func (d *Directory) getMarks() clientv3.Op {
	return clientv3.OpGet(d.prefix+nodesKey, clientv3.WithPrefix(), clientv3.WithLimit(maxMarks))
}

func (d *Directory) instances(answer interface {
	GetKvs() []*mvccpb.KeyValue
	GetMore() bool
}) (map[home.Instance]home.Marks, error) {
	if answer.GetMore() {
		return nil, fmt.Errorf("etcd holds more than %d keys under %s%s: delete those that no node has written", maxMarks, d.prefix, nodesKey)
	}
	instances := make(map[home.Instance]home.Marks)
	for _, kv := range answer.GetKvs() {
		i, mark, ok := d.parseMark(kv.Key)
		if !ok {
			continue
		}
		marks := instances[i]
		switch mark {
		case alive:
			marks.Alive = true
		case recent:
			marks.Recent = true
		case kept:
			marks.Kept = true
		case unsettled:
			marks.Unsettled = true
		default:
			continue
		}
		if address, ok := parseAddress(kv.Value); ok {
			marks.Address = address
		}
		instances[i] = marks
	}
	return instances, nil
}

// A mark's value is the version and the instance's address, so that a dead instance has one, too.
func (d *Directory) address() string { return string([]byte{version}) + d.config.Address }

func parseAddress(value []byte) (address string, ok bool) {
	if len(value) < 2 || len(value) > 1+maxAddress || value[0] != version {
		return "", false
	}
	return string(value[1:]), true
}

// read runs one linearizable transaction of reads. If a member does not answer soon, or cannot, it
// asks again, which may reach another. It takes the first answer, because all members may be slow.
func (d *Directory) read(ctx context.Context, within time.Duration, gets ...clientv3.Op) (*clientv3.TxnResponse, error) {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := d.bound(ctx, within)
	defer cancel()
	type result struct {
		then   moment
		answer *clientv3.TxnResponse
		err    error
	}
	results := make(chan result)
	next := time.NewTimer(0)
	defer next.Stop()
	var last error
	for limit, hedge := firstTry, false; ; {
		select {
		case <-next.C:
			then := d.seen.now()
			running.Go(func() {
				answer, err := d.client.Txn(ctx).Then(gets...).Commit()
				select {
				case results <- result{then, answer, err}:
				case <-ctx.Done():
				}
			})
			if hedge { // the try before is not answered yet
				limit *= 2
			}
			hedge = true
			next.Reset(limit)
		case r := <-results:
			switch {
			case r.err == nil:
				return r.answer, d.seen.check(r.answer.Header, r.then)
			case refused(r.err):
				return nil, d.config.explain(r.err)
			case isLarge(r.err):
				return nil, fmt.Errorf("%w (%w)", ErrLarge, r.err)
			}
			last, hedge = r.err, false
			next.Reset(beforeRetry)
		case <-ctx.Done():
			if last == nil {
				last = fmt.Errorf("no answer within %v", within)
			}
			return nil, fmt.Errorf("%w (%w)", last, context.Cause(ctx))
		}
	}
}

// isLarge holds for an answer beyond maxAnswer.
func isLarge(err error) bool {
	return status.Code(err) == codes.ResourceExhausted && !refused(err)
}
