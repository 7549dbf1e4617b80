package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	aliveFor    = 15 * time.Second
	keptFor     = 24 * time.Hour
	recentAfter = 25 * time.Second // longer than the window

	renewEvery = 3 * time.Second
	renewPause = 200 * time.Millisecond
	sureFor    = 10 * time.Second // after a renewal
)

// A Standing says what this instance knows of its own marks.
type Standing struct {
	Sure bool // they were renewed within the last 10 s

	// Again: they were lost and are put again, under new leases and with "unsettled", because
	// claims may be lost, too: read all rooms, then call [Directory.Settle] (N4).
	Again bool

	// Back, with Again: the directory went back, or it held nothing. "young" was put, too.
	Back bool

	// Empty: the directory held nothing. At Join it may be new, or may have lost all.
	Empty bool
}

// never is a revision that no key has.
const never = -1

// marks is what this instance has put under nodes/.
type marks struct {
	writing sync.Mutex // one change of the own marks at a time

	mu       sync.Mutex
	in       bool  // from Join to Leave
	revision int64 // of alive
	lease    leases

	wake chan struct{} // has the keeper look at once; holds one
}

type leases struct{ alive, recent, kept clientv3.LeaseID }

var errLeft = errors.New("this node has left the directory")

func (m *marks) joined() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.in
}

// now returns the revision with which claims compare the own alive, never if it is not there, and the
// leases.
func (m *marks) now() (revision int64, l leases) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.in {
		return never, m.lease
	}
	return m.revision, m.lease
}

func (m *marks) moved(revision int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revision = revision
}

// hurry has the keeper look at once whether the marks are there.
func (m *marks) hurry() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// recentFor is how long an instance is recent after it was alive.
func (d *Directory) recentFor() time.Duration { return d.config.Window + recentAfter }

// Join puts this instance's marks and keeps them until Close or Leave. It is called once. A node
// first makes sure that no other instance of its name lives: see [Directory.Instances] and
// [Directory.Revoke].
func (d *Directory) Join(ctx context.Context) (Standing, error) {
	standing, err := d.register(ctx, true)
	if err != nil {
		return standing, fmt.Errorf("cannot put this node's marks into etcd: %w", err)
	}
	d.tasks.Go(d.keep)
	return standing, nil
}

// Leave revokes the mark "alive", so that others take over without waiting, and stops the keeping of
// all marks: recent and kept end with their leases.
func (d *Directory) Leave(ctx context.Context) error {
	d.marks.mu.Lock()
	d.marks.in = false
	d.marks.mu.Unlock()
	return d.Revoke(ctx, d.config.Self)
}

// Revoke takes the mark "alive" from an instance, with its lease.
func (d *Directory) Revoke(ctx context.Context, i home.Instance) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	if i == d.config.Self {
		d.marks.writing.Lock()
		defer d.marks.writing.Unlock()
	}
	answer, err := d.client.Get(ctx, d.markKey(i, alive), clientv3.WithKeysOnly())
	if err == nil && len(answer.Kvs) > 0 {
		if lease := clientv3.LeaseID(answer.Kvs[0].Lease); lease != clientv3.NoLease {
			_, err = d.client.Revoke(ctx, lease)
		} else { // a foreign writer
			_, err = d.client.Delete(ctx, d.markKey(i, alive))
		}
	}
	if err != nil {
		return fmt.Errorf("cannot revoke the mark of %s in etcd: %w", i.Name, cause(ctx, err))
	}
	return nil
}

// Fence makes every Claim and Delete of this instance that is on its way fail unless it has happened.
// After it returns nil, a read shows what became of those with an unknown outcome.
func (d *Directory) Fence(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	d.marks.writing.Lock()
	defer d.marks.writing.Unlock()
	revision, lease := d.marks.now()
	if revision == never {
		return nil
	}
	key := d.markKey(d.config.Self, alive)
	answer, err := d.client.Txn(ctx).
		If(clientv3.Compare(clientv3.ModRevision(key), "=", revision)).
		Then(clientv3.OpPut(key, d.address(), clientv3.WithLease(lease.alive))).
		Commit()
	if err != nil {
		return fmt.Errorf("cannot fence claims in etcd: %w", cause(ctx, err))
	}
	if answer.Succeeded {
		d.marks.moved(answer.Header.Revision)
	} else { // lost, or moved by a fence of unknown outcome: the keeper puts it right
		d.marks.hurry()
	}
	return nil
}

// PutYoung says, for the window and 25 s, that the directory may have lost claims.
func (d *Directory) PutYoung(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	lease, err := d.grant(ctx, d.recentFor())
	if err == nil {
		_, err = d.client.Put(ctx, d.prefix+youngKey, d.address(), clientv3.WithLease(lease))
	}
	if err != nil {
		return fmt.Errorf("cannot mark the directory as young: %w", cause(ctx, err))
	}
	return nil
}

// Unsettle says that this instance may hold rooms that the directory does not name, until Settle
// or until it is not recent.
func (d *Directory) Unsettle(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	revision, lease := d.marks.now()
	if revision == never {
		return ErrNotAlive
	}
	if _, err := d.client.Put(ctx, d.markKey(d.config.Self, unsettled), d.address(), clientv3.WithLease(lease.recent)); err != nil {
		return fmt.Errorf("cannot mark this node as unsettled: %w", cause(ctx, err))
	}
	return nil
}

// Settle takes the mark of Unsettle away.
func (d *Directory) Settle(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	if _, err := d.client.Delete(ctx, d.markKey(d.config.Self, unsettled)); err != nil {
		return fmt.Errorf("cannot mark this node as settled: %w", cause(ctx, err))
	}
	return nil
}

// register grants three leases and puts the marks in one transaction.
func (d *Directory) register(ctx context.Context, first bool) (s Standing, err error) {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	defer func() { err = cause(ctx, err) }()
	d.marks.writing.Lock()
	defer d.marks.writing.Unlock()
	if !first && !d.marks.joined() {
		return s, errLeft
	}
	then := d.seen.now()
	before, err := d.leases.Txn(ctx).Then(
		clientv3.OpGet(d.prefix, clientv3.WithPrefix(), clientv3.WithCountOnly()),
		clientv3.OpGet(d.prefix+nodesKey+d.config.Self.Name+"/", clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(maxMarks)),
	).Commit()
	if err != nil {
		return s, err
	}
	empty := before.Responses[0].GetResponseRange().Count == 0
	back := d.seen.check(before.Header, then) != nil
	s = Standing{Sure: true, Again: !first, Back: !first && (back || empty), Empty: empty}

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
	// These go with the marks, so that no lookup in between finds a room missing for good.
	if s.Again {
		ops = append(ops, clientv3.OpPut(d.markKey(self, unsettled), address, clientv3.WithLease(fresh.recent)))
	}
	if s.Back {
		young, err := d.grant(ctx, d.recentFor())
		if err != nil {
			return s, err
		}
		ops = append(ops, clientv3.OpPut(d.prefix+youngKey, address, clientv3.WithLease(young)))
	}
	if first {
		ops = append(ops, d.forget(before.Responses[1].GetResponseRange().Kvs)...)
	}
	answer, err := d.leases.Txn(ctx).Then(ops...).Commit()
	if err != nil {
		return s, err
	}
	if answer.Header.ClusterId != before.Header.ClusterId || answer.Header.Revision <= before.Header.Revision {
		return s, ErrBack // in this moment
	}
	if back {
		d.seen.accept(answer.Header)
	}
	d.marks.mu.Lock()
	d.marks.in, d.marks.revision, d.marks.lease = true, answer.Header.Revision, fresh
	d.marks.mu.Unlock()
	return s, nil
}

// forget deletes what is kept of earlier instances of this node, unless they are recent. So a
// process that starts again and again does not fill every lookup with its marks.
func (d *Directory) forget(own []*mvccpb.KeyValue) (ops []clientv3.Op) {
	for _, kv := range own {
		i, mark, ok := d.parseMark(kv.Key)
		if ok && mark == kept && i != d.config.Self && len(ops) < maxTogether {
			ops = append(ops, clientv3.OpTxn(
				[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(d.markKey(i, recent)), "=", 0)},
				[]clientv3.Op{clientv3.OpDelete(string(kv.Key))}, nil))
		}
	}
	return ops
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

// keep renews the leases and looks whether the marks are there, and puts them again if not.
func (d *Directory) keep() {
	renewed, sure := time.Now(), true
	renewal := renewal{client: d.leases}
	defer renewal.end()
	for {
		next := time.After(renewEvery)
		lost, err := d.renew(d.ctx, &renewal)
		standing := Standing{Sure: true}
		if err == nil && lost {
			standing, err = d.register(d.ctx, false)
		}
		switch {
		case err == nil:
			renewed = time.Now()
			if lost || !sure {
				d.changed(standing)
			}
			sure = true
		case sure && time.Since(renewed) > sureFor:
			sure = false
			d.changed(Standing{})
		}
		select { // however many calls wake it
		case <-time.After(renewPause):
		case <-d.ctx.Done():
			return
		}
		select {
		case <-next:
		case <-d.marks.wake:
		case <-d.ctx.Done():
			return
		}
		if !d.marks.joined() {
			return
		}
	}
}

func (d *Directory) changed(s Standing) {
	if d.config.Changed != nil && d.ctx.Err() == nil {
		d.config.Changed(s)
	}
}

// renew looks whether the marks are there under the three leases, and renews these.
func (d *Directory) renew(ctx context.Context, r *renewal) (lost bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	d.marks.writing.Lock()
	defer d.marks.writing.Unlock()
	_, lease := d.marks.now()
	then := d.seen.now()
	answer, err := d.leases.Get(ctx, d.instanceKeys(d.config.Self), clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return false, err
	}
	if errors.Is(d.seen.check(answer.Header, then), ErrBack) {
		return true, nil
	}
	under := map[string]clientv3.LeaseID{alive: lease.alive, recent: lease.recent, kept: lease.kept}
	for _, kv := range answer.Kvs {
		_, mark, _ := d.parseMark(kv.Key)
		if id, ok := under[mark]; ok && id == clientv3.LeaseID(kv.Lease) {
			delete(under, mark)
		}
		if mark == alive { // a fence of unknown outcome has moved it
			d.marks.moved(kv.ModRevision)
		}
	}
	if len(under) > 0 {
		return true, nil
	}
	for _, id := range []clientv3.LeaseID{lease.alive, lease.recent, lease.kept} {
		if held, err := r.renew(ctx, id); err != nil || !held {
			return err == nil, err
		}
	}
	return false, nil
}
