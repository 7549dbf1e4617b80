package directory

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	maxTogether = 100  // writes in a transaction; etcd takes 128
	maxFlying   = 4    // transactions at once: a member that hangs delays only those that reached it
	maxQueued   = 1024 // writes that wait; more callers wait in turn
)

// Claim writes the claim of claim.Server's room, if this instance's own mark "alive" is in the
// directory and the room's key is at the revision that was read: 0 if there was none. Claims that
// come together share a transaction, and each has its own outcome. The error is nil if the claim was
// written, at the revision returned; [ErrUnknown] if that is unknown; and any other, with
// [ErrChanged] and [ErrNotAlive] among them, if it was not written.
func (d *Directory) Claim(ctx context.Context, claim home.Claim, read int64) (revision int64, err error) {
	plain, err := encodeClaim(claim)
	if err != nil {
		return 0, err
	}
	h := d.room(protocol.RoomKey(string(claim.Server)))
	w := newWrite(d.roomKey(h), read)
	w.value, w.alive = d.sealer.seal(h, plain), true
	return d.write(ctx, w)
}

// Delete deletes a room's claim if its key is at the revision that was read. Errors are those of
// [Directory.Claim]. After Leave it needs no mark "alive".
func (d *Directory) Delete(ctx context.Context, key string, read int64) error {
	w := newWrite(d.roomKey(d.room(key)), read)
	w.alive = d.marks.joined() // so that Fence stops it
	_, err := d.write(ctx, w)
	return err
}

// A write is one put or delete of a room's key, on its way into a transaction.
type write struct {
	key   string
	read  int64
	value []byte // nil to delete
	alive bool   // only while the own alive is there
	gone  string // a key that must not be there; may be empty

	taken   atomic.Bool // by the transaction, or by a caller that has given up
	outcome chan outcome
}

type outcome struct {
	revision int64
	err      error
}

func newWrite(key string, read int64) *write {
	return &write{key: key, read: read, outcome: make(chan outcome, 1)}
}

func (d *Directory) write(ctx context.Context, w *write) (revision int64, err error) {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	if err := context.Cause(ctx); err != nil {
		return 0, fmt.Errorf("not written: %w", err)
	}
	select {
	case d.queue <- w:
	case <-ctx.Done():
		return 0, fmt.Errorf("not written: %w", context.Cause(ctx))
	}
	select {
	case o := <-w.outcome:
		return o.revision, o.err
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return 0, fmt.Errorf("not written: %w", context.Cause(ctx))
		}
		return 0, fmt.Errorf("%w: %w", ErrUnknown, context.Cause(ctx))
	}
}

// runBatches sends what waits, at most maxFlying transactions at once, so that writes gather while
// these are on their way.
func (d *Directory) runBatches() {
	flying := make(chan struct{}, maxFlying)
	var later []*write // of keys that the last batch holds already
	for {
		if len(later) == 0 {
			select {
			case w := <-d.queue:
				later = append(later, w)
			case <-d.ctx.Done():
				return
			}
		}
		select {
		case flying <- struct{}{}:
		case <-d.ctx.Done():
			return
		}
		var batch []*write
		batch, later = d.gather(later)
		if len(batch) == 0 {
			<-flying
			continue
		}
		d.tasks.Go(func() {
			d.send(d.ctx, batch)
			<-flying
		})
	}
}

// gather takes what waits, first those that an earlier call left: a transaction holds a key once.
func (d *Directory) gather(waiting []*write) (batch, later []*write) {
	keys := make(map[string]bool)
	add := func(w *write) {
		switch {
		case keys[w.key] || len(batch) == maxTogether:
			later = append(later, w)
		case w.taken.CompareAndSwap(false, true):
			keys[w.key] = true
			batch = append(batch, w)
		}
	}
	for _, w := range waiting {
		add(w)
	}
	for len(batch) < maxTogether && len(later) < maxTogether {
		select {
		case w := <-d.queue:
			add(w)
		default:
			return batch, later
		}
	}
	return batch, later
}

// send runs a transaction of one transaction for each write, so that one that fails does not
// fail the others.
func (d *Directory) send(ctx context.Context, batch []*write) {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	own, _ := d.marks.now()
	aliveKey := d.markKey(d.config.Self, alive)
	ops := make([]clientv3.Op, len(batch))
	for i, w := range batch {
		same := []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(w.key), "=", w.read)}
		if w.alive {
			same = append(same, clientv3.Compare(clientv3.ModRevision(aliveKey), "=", own))
		}
		if w.gone != "" {
			same = append(same, clientv3.Compare(clientv3.CreateRevision(w.gone), "=", 0))
		}
		then := clientv3.OpDelete(w.key)
		if w.value != nil {
			then = clientv3.OpPut(w.key, string(w.value))
		}
		ops[i] = clientv3.OpTxn(same, []clientv3.Op{then}, []clientv3.Op{clientv3.OpGet(aliveKey, clientv3.WithKeysOnly())})
	}
	then := d.seen.now()
	answer, err := d.client.Txn(ctx).Then(ops...).Commit()
	for i, w := range batch {
		if err != nil {
			w.outcome <- outcome{err: d.failure(ctx, err)}
			continue
		}
		w.outcome <- d.outcome(w, own, answer.Header.Revision, answer.Responses[i].GetResponseTxn())
	}
	if err == nil {
		_ = d.seen.check(answer.Header, then) // the next read says so
	}
}

func (d *Directory) outcome(w *write, own, revision int64, answer *pb.TxnResponse) outcome {
	if answer.Succeeded {
		return outcome{revision: revision}
	}
	marks := answer.Responses[0].GetResponseRange().Kvs
	if w.alive && (len(marks) == 0 || marks[0].ModRevision != own) {
		d.marks.hurry()
		return outcome{err: ErrNotAlive}
	}
	return outcome{err: ErrChanged}
}

// failure says whether etcd has refused a write, so that it has not happened, or whether its outcome
// is unknown.
func (d *Directory) failure(ctx context.Context, err error) error {
	err = cause(ctx, err)
	if refused(err) {
		return fmt.Errorf("etcd has refused a write: %w", d.config.explain(err))
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

// refused holds for errors with which etcd answers before it proposes a write to its members.
func refused(err error) bool {
	if errors.Is(err, rpctypes.ErrNoSpace) || errors.Is(err, rpctypes.ErrTooManyRequests) {
		return true
	}
	var known rpctypes.EtcdError
	code := status.Code(err)
	if errors.As(err, &known) {
		code = known.Code()
	}
	switch code {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.FailedPrecondition:
		return true
	}
	return false
}
