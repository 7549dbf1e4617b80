package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
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

	// Cause says why they were not, if they are not sure. It may become a Refusal later.
	Cause error

	// Again: they were lost and are put again, under new leases and with "unsettled", because
	// claims may be lost, too: read all rooms, then call [Directory.Settle] (N4).
	Again bool

	// Young: the directory was new or young, or may have lost what it held. "young" was put, too.
	Young bool

	// Replaced: another process has this node's name and is alive. The marks were lost to it, and are
	// not put again: end, with 4000 for all peers (N4).
	Replaced bool
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
// After it returns nil, a read shows what became of those with an unknown outcome. Callers that come
// together share one transaction.
func (d *Directory) Fence(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	return d.fences.do(ctx, func() error { return d.fence(ctx) })
}

func (d *Directory) fence(ctx context.Context) error {
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

// Lose says that the directory has lost claims, for the window and 25 s ("young"), and that this
// instance may hold rooms that it does not name ("unsettled"), until Settle or until the instance is
// not recent. Callers that come together share one transaction.
func (d *Directory) Lose(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	return d.losses.do(ctx, func() error { return d.lose(ctx) })
}

func (d *Directory) lose(ctx context.Context) error {
	revision, lease := d.marks.now()
	if revision == never {
		return ErrNotAlive
	}
	young, err := d.grant(ctx, d.recentFor())
	if err == nil {
		_, err = d.client.Txn(ctx).Then(
			clientv3.OpPut(d.prefix+youngKey, d.address(), clientv3.WithLease(young)),
			clientv3.OpPut(d.markKey(d.config.Self, unsettled), d.address(), clientv3.WithLease(lease.recent)),
		).Commit()
	}
	if err != nil {
		return fmt.Errorf("cannot mark the directory as young: %w", cause(ctx, err))
	}
	return nil
}

// Settle takes "unsettled" away.
func (d *Directory) Settle(ctx context.Context) error {
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	if _, err := d.client.Delete(ctx, d.markKey(d.config.Self, unsettled)); err != nil {
		return fmt.Errorf("cannot mark this node as settled: %w", cause(ctx, err))
	}
	return nil
}

// keep renews the leases and looks whether the marks are there, and puts them again if not.
func (d *Directory) keep() {
	renewed, sure, told := time.Now(), true, ""
	renewal := renewal{client: d.leases}
	defer renewal.end()
	for {
		next := time.After(renewEvery)
		lost, err := d.renew(d.ctx, &renewal)
		standing := Standing{Sure: true}
		if err == nil && lost {
			standing, err = d.register(d.ctx, false, nil)
		}
		switch {
		case errors.Is(err, ErrRival):
			d.changed(Standing{Replaced: true})
			return
		case err == nil:
			renewed = time.Now()
			if lost || !sure {
				d.changed(standing)
			}
			sure, told = true, ""
		case time.Since(renewed) > sureFor && (sure || IsRefusal(err) && err.Error() != told):
			sure, told = false, err.Error()
			d.changed(Standing{Cause: err})
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
	defer func() { err = d.config.explain(err) }()
	d.marks.writing.Lock()
	defer d.marks.writing.Unlock()
	_, lease := d.marks.now()
	then := d.seen.now()
	var held bool
	var renewed error
	var renewing sync.WaitGroup
	renewing.Go(func() { held, renewed = r.renew(ctx, lease.alive, lease.recent, lease.kept) })
	answer, err := d.leases.Txn(ctx).Then(
		clientv3.OpGet(d.instanceKeys(d.config.Self), clientv3.WithPrefix(), clientv3.WithKeysOnly()),
		clientv3.OpGet(d.prefix+clusterKey),
	).Commit()
	renewing.Wait()
	if err != nil {
		return false, err
	}
	if errors.Is(d.seen.check(answer.Header, then), ErrBack) || !isOwn(answer.Header, answer.Responses[1]) {
		return true, nil
	}
	under := map[string]clientv3.LeaseID{alive: lease.alive, recent: lease.recent, kept: lease.kept}
	for _, kv := range answer.Responses[0].GetResponseRange().Kvs {
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
	return renewed == nil && !held, renewed
}
