// Package directory keeps in etcd which node is the home of which room, and which nodes there are
// (docs/cluster.md, N2 to N4). It decides nothing: package home says what its answers mean.
//
// The servers must be etcd 3.4.31, 3.5.13 or later: in older ones a leader that has lost its place
// can revoke leases that were renewed (etcd-io/etcd#15247). Old revisions of keys go only if
// etcd compacts them: run it with --auto-compaction-retention.
package directory

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// Config says where the directory is and who this instance is.
type Config struct {
	Endpoints      []string    // URLs of etcd's members
	TLS            *tls.Config // nil without TLS
	User, Password string      // empty without authentication
	Prefix         string      // of all keys; the default is defaultPrefix

	Key     resume.Key    // of the cluster: it hashes names of rooms and seals values
	Self    home.Instance // this process
	Address string        // host and port at which the other nodes reach it
	Window  time.Duration // how long a room waits for its server (R11)

	// Changed is called when this instance's standing changes after Join, by one goroutine in
	// order. It must not block. May be nil.
	Changed func(Standing)
}

const defaultPrefix = "intercessor/"

// Bounds of single calls. A caller's context may end them earlier.
const (
	lookupWithin = 500 * time.Millisecond // N2
	callWithin   = 3 * time.Second        // every other call
	joinWithin   = 10 * time.Second       // Join, which has up to seven questions

	// A read that is not answered within firstTry is asked again, of another member if there is
	// one, beside the first. Each further try comes after twice the time before, or beforeRetry after one has failed.
	firstTry    = 200 * time.Millisecond
	beforeRetry = 20 * time.Millisecond
)

// maxAnswer bounds an answer of etcd, in bytes: one event of a watch has two values, each of as much as etcd
// takes by default.
const maxAnswer = 4 << 20

const (
	maxName    = 64  // bytes of a node's name
	maxAddress = 255 // bytes
)

var (
	// ErrUnknown is in the error of a write that may or may not have happened, and may still
	// happen until [Directory.Fence] returns nil. Every other error of a write says that it did
	// not happen and will not.
	ErrUnknown = errors.New("it is unknown whether etcd has written it")

	// ErrChanged: not written, because the key is not at the revision that was read.
	ErrChanged = errors.New("the room's key has changed since it was read")

	// ErrNotAlive: not written, because this instance's own mark "alive" is not in the directory.
	ErrNotAlive = errors.New("this instance is not marked as alive")

	// ErrBack: the directory is not what it was. Its revision is lower than one seen before, or
	// it is another cluster. What it says of rooms cannot be believed.
	ErrBack = errors.New("etcd has lost what it held: its revision or its cluster is not what it was")

	// ErrLost: a watch ended before its context did, and may have missed changes.
	ErrLost = errors.New("the watch on etcd was lost")

	// ErrWatches: too many rooms are watched at once.
	ErrWatches = fmt.Errorf("%d watches on rooms of etcd at once are too many", maxWatching)

	// ErrLarge: an answer has values that no node writes.
	ErrLarge = errors.New("an answer of etcd is larger than what nodes write: delete what others have written under the prefix")

	// ErrClosed is the error of calls after Close.
	ErrClosed = errors.New("the directory is closed")
)

// A Directory is a connection to etcd on behalf of one instance. Its methods may be called
// concurrently. Each has a bound of its own, whatever its context says.
type Directory struct {
	config Config
	sealer sealer
	prefix string

	client *clientv3.Client // of everything but the leases
	leases *clientv3.Client // a connection of their own: traffic must not delay their renewal

	seen  seen
	marks marks
	queue chan *write // of writes for the next transactions

	queries        queries
	fences, losses *joint

	watching chan struct{} // holds one for each Await

	ctx   context.Context // ends with Close
	close context.CancelCauseFunc
	tasks sync.WaitGroup
}

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Open returns a directory that connects when it is first asked. It fails on a configuration that
// cannot work.
func Open(c Config) (*Directory, error) {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	switch {
	case len(c.Self.Name) > maxName || !validName.MatchString(c.Self.Name):
		return nil, fmt.Errorf("the node's name %q must be 1 to %d letters, digits, dots, hyphens and underscores, and begin with a letter or digit",
			c.Self.Name, maxName)
	case c.Self.Number == 0:
		return nil, errors.New("an instance's number must not be 0")
	case c.Address == "" || len(c.Address) > maxAddress:
		return nil, fmt.Errorf("the address at which other nodes reach this one must have 1 to %d bytes", maxAddress)
	case c.Window < 0:
		return nil, errors.New("the window must not be negative")
	}
	options := []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{ // otherwise it waits up to 2 minutes
		Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
		MinConnectTimeout: callWithin,
	})}
	if c.User != "" {
		options = append(options, newLogin(c).options()...)
	}
	client, err := dial(c, options)
	if err != nil {
		return nil, err
	}
	leases, err := dial(c, options)
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	c.Password = "" // the login has it
	d := &Directory{config: c, sealer: newSealer(c.Key), prefix: c.Prefix, client: client, leases: leases}
	d.ctx, d.close = context.WithCancelCause(context.Background())
	d.marks.wake = make(chan struct{}, 1)
	d.queue, d.watching = make(chan *write, maxQueued), make(chan struct{}, maxWatching)
	d.fences, d.losses = newJoint(), newJoint()
	d.tasks.Go(d.runBatches)
	return d, nil
}

func dial(c Config, options []grpc.DialOption) (*clientv3.Client, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints: c.Endpoints, TLS: c.TLS, DialOptions: options,
		MaxCallRecvMsgSize: maxAnswer,
		DialKeepAliveTime:  10 * time.Second, DialKeepAliveTimeout: callWithin,
		Logger: zap.NewNop(), // errors reach the callers
	})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to etcd at %v: %w", c.Endpoints, err)
	}
	return client, nil
}

// Close ends all calls and watches and waits for the directory's goroutines. The marks stay until
// their leases end: see [Directory.Leave].
func (d *Directory) Close() {
	d.close(ErrClosed)
	d.tasks.Wait()
	_ = d.client.Close() // both fail only if they were closed
	_ = d.leases.Close()
}

// bound returns a context that ends with ctx, with the directory, and after limit.
func (d *Directory) bound(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := d.whileOpen(ctx)
	ctx, cancel := context.WithTimeout(ctx, limit)
	return ctx, func() { cancel(); stop() }
}

// whileOpen returns a context that ends with ctx and with the directory.
func (d *Directory) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(d.ctx, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// cause returns why a call failed: err, or what ended its context.
func cause(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrClosed) {
		return ErrClosed
	}
	return err
}
