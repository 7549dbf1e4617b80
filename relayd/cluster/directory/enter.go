package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrRival: another process runs under this node's name, or has just started.
var ErrRival = errors.New("another process has this node's name")

var errMarks = errors.New("marks of this node's name have changed since they were read")

// Join enters the directory as home.Enter says, and keeps this instance's marks until Close or Leave.
// After an error it may be called again. Gone are the rivals that were asked at their addresses and do not answer: see
// [Directory.Instances]. Join fails with [ErrRival] if there are others.
func (d *Directory) Join(ctx context.Context, gone ...home.Instance) (Standing, error) {
	standing, err := d.register(ctx, true, gone)
	if err != nil {
		return standing, fmt.Errorf("cannot put this node's marks into etcd: %w", err)
	}
	d.tasks.Go(d.keep)
	return standing, nil
}

// register reads the directory, asks home.Enter, and puts all that it says in one transaction. This is
// compared: no mark of this node's name has been put since the read.
func (d *Directory) register(ctx context.Context, first bool, gone []home.Instance) (s Standing, err error) {
	within := callWithin
	if first {
		within = joinWithin
	}
	ctx, cancel := d.bound(ctx, within)
	defer cancel()
	defer func() { err = d.config.explain(cause(ctx, err)) }()
	d.marks.writing.Lock()
	defer d.marks.writing.Unlock()
	if !first && !d.marks.joined() {
		return s, errLeft
	}
	then := d.seen.now()
	own, _ := d.marks.now()
	before, err := d.leases.Txn(ctx).Then(d.getState()...).Commit()
	if err != nil {
		return s, err
	}
	view, err := d.state(before.Header, before.Responses)
	if err != nil {
		return s, err
	}
	back := d.seen.check(before.Header, then) != nil
	view.Young = view.Young || back
	entry := home.Enter(d.config.Self, !first, &view)
	for _, rival := range entry.Rivals {
		if !slices.Contains(gone, rival) && d.aliveSince(before.Responses[0].GetResponseRange().Kvs, rival) > own {
			return s, ErrRival
		}
	}
	s = Standing{Sure: true, Again: !first, Young: entry.Young}

	fresh, err := d.grantAll(ctx)
	if err != nil {
		return s, err
	}
	self, address := d.config.Self, d.address()
	ops := []clientv3.Op{
		clientv3.OpPut(d.markKey(self, alive), address, clientv3.WithLease(fresh.alive)),
		clientv3.OpPut(d.markKey(self, recent), address, clientv3.WithLease(fresh.recent)),
		clientv3.OpPut(d.markKey(self, kept), address, clientv3.WithLease(fresh.kept)),
	}
	if s.Again {
		ops = append(ops, clientv3.OpPut(d.markKey(self, unsettled), address, clientv3.WithLease(fresh.recent)))
	}
	if s.Young {
		young, err := d.grant(ctx, d.recentFor())
		if err != nil {
			return s, err
		}
		ops = append(ops, clientv3.OpPut(d.prefix+youngKey, address, clientv3.WithLease(young)),
			clientv3.OpPut(d.prefix+clusterKey, clusterName(before.Header.ClusterId)))
	}
	succession, err := d.succeed(ctx, entry.Rivals, view.Instances)
	if err != nil {
		return s, err
	}
	answer, err := d.leases.Txn(ctx).
		If(clientv3.Compare(clientv3.ModRevision(d.nameKeys(self.Name)).WithPrefix(), "<", before.Header.Revision+1)).
		Then(append(ops, succession...)...).
		Commit()
	switch {
	case err != nil:
		return s, err
	case answer.Header.ClusterId != before.Header.ClusterId || answer.Header.Revision < before.Header.Revision:
		return s, ErrBack // in this moment
	case !answer.Succeeded:
		d.marks.hurry()
		return s, errMarks
	}
	if back {
		d.seen.accept(answer.Header)
	}
	d.marks.mu.Lock()
	d.marks.in, d.marks.revision, d.marks.lease = true, answer.Header.Revision, fresh
	d.marks.mu.Unlock()
	return s, nil
}

// aliveSince returns the revision of an instance's alive, 0 if it has none. One that is older than the own
// alive is from a copy of etcd that was restored: its process has ended before this one began.
func (d *Directory) aliveSince(marks []*mvccpb.KeyValue, i home.Instance) int64 {
	for _, kv := range marks {
		if string(kv.Key) == d.markKey(i, alive) {
			return kv.ModRevision
		}
	}
	return 0
}

// maxRivals bounds the rivals that one transaction takes the place of: etcd takes 128 operations.
const maxRivals = 40

// succeed takes alive from earlier instances of this node, and puts their recent anew: each may have
// served until it ended, so its servers have their window from now on. Kept goes from those that were not
// alive, so that a process that starts again and again does not fill every lookup with its marks.
func (d *Directory) succeed(ctx context.Context, rivals []home.Instance, marks map[home.Instance]home.Marks) (ops []clientv3.Op, err error) {
	if len(rivals) == 0 {
		return nil, nil
	}
	if len(rivals) > maxRivals {
		return nil, fmt.Errorf("etcd holds marks of %d earlier processes of this node: wait, or delete them", len(rivals))
	}
	lease, err := d.grant(ctx, d.recentFor())
	for _, rival := range rivals {
		ops = append(ops, clientv3.OpDelete(d.markKey(rival, alive)),
			clientv3.OpPut(d.markKey(rival, recent), string([]byte{version})+marks[rival].Address, clientv3.WithLease(lease)))
		if !marks[rival].Alive {
			ops = append(ops, clientv3.OpDelete(d.markKey(rival, kept)))
		}
	}
	return ops, err
}

func (d *Directory) grantAll(ctx context.Context) (l leases, err error) {
	for _, g := range []struct {
		id  *clientv3.LeaseID
		ttl time.Duration
	}{{&l.alive, aliveFor}, {&l.recent, d.recentFor()}, {&l.kept, keptFor}} {
		if *g.id, err = d.grant(ctx, g.ttl); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (d *Directory) grant(ctx context.Context, ttl time.Duration) (clientv3.LeaseID, error) {
	answer, err := d.leases.Grant(ctx, int64((ttl+time.Second-1)/time.Second))
	if err != nil {
		return 0, err
	}
	return answer.ID, nil
}
