package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

// A place is what this node knows of a room of which it is the home, or may become it.
type place struct {
	room protocol.ID   // static
	turn chan struct{} // has one element while the claim is being written or the room is being opened

	// Guarded by Node.mu, and changed with the turn.
	claim    home.Claim // as this node last wrote it
	revision int64      // of it; 0 if there is none
	unknown  bool       // a write may have happened, and may yet happen
	doing    want       // of settle
	serving  bool       // the relay opens the room, and then calls Served, which has the turn

	// Guarded by Node.mu.
	users    int           // who has the turn or waits for it
	wanted   want          // of the goroutine of touch that waits for the turn
	changing int           // who opens or ends the room, or is about to: each counts itself with begin
	changed  chan struct{} // closed when changing is 0 again; nil while it is
}

// want is with what settle begins.
type want uint8

const (
	nothing    want = iota // it does not run, or no goroutine of touch waits
	toBeKept               // with what this node last wrote
	toBeReread             // with what the directory says, which may be something else
)

func keyOf(room protocol.ID) string { return protocol.RoomKey(string(room)) }

// enter returns the place of a room. It counts until leave.
func (n *Node) enter(room protocol.ID) *place {
	key := keyOf(room)
	p := n.places[key]
	if p == nil {
		p = &place{room: room, turn: make(chan struct{}, 1)}
		n.places[key] = p
	}
	p.users++
	return p
}

// exit ends what enter has begun. With mu held, both.
func (n *Node) exit(p *place) {
	_, behind := n.behind[p]
	if p.users--; p.users == 0 && p.revision == 0 && !p.unknown && !behind {
		delete(n.places, keyOf(p.room))
	}
}

// take returns the place of a room with its turn, nil if the context ends before.
func (n *Node) take(ctx context.Context, room protocol.ID) *place {
	n.mu.Lock()
	p := n.enter(room)
	n.mu.Unlock()
	select {
	case p.turn <- struct{}{}:
		return p
	case <-ctx.Done():
		n.mu.Lock()
		defer n.mu.Unlock()
		n.exit(p)
		return nil
	}
}

func (n *Node) release(p *place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	<-p.turn
	p.doing = nothing
	if p.unknown {
		n.behind[p] = struct{}{}
	}
	n.exit(p)
}

// postpone has a room settled later. With the turn, or before exit.
func (n *Node) postpone(p *place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.behind[p] = struct{}{}
}

// begin says that the room may soon be open or gone: peers that come to it wait until finish. With
// Node.mu held.
func (p *place) begin() {
	if p.changing++; p.changing == 1 {
		p.changed = make(chan struct{})
	}
}

// finish ends what begin has begun.
func (n *Node) finish(p *place) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.changing--; p.changing == 0 {
		close(p.changed)
		p.changed = nil
	}
}

// here returns the room that is open at this node. It waits while the room is being claimed,
// opened, or deleted.
func (n *Node) here(ctx context.Context, room protocol.ID) (relay.Home, bool) {
	n.mu.Lock()
	var changed chan struct{}
	if p := n.places[keyOf(room)]; p != nil {
		changed = p.changed
	}
	n.mu.Unlock()
	if changed != nil {
		select {
		case <-changed:
		case <-ctx.Done():
			return relay.Home{}, false
		}
	}
	return n.relay.Home(room)
}

// Served implements [relay.Cluster].
func (n *Node) Served(room protocol.ID) {
	n.mu.Lock()
	p := n.places[keyOf(room)]
	serving := p != nil && p.serving
	if serving {
		p.serving = false
	}
	n.mu.Unlock()
	if !serving {
		n.touch(room, toBeKept)
		return
	}
	n.finish(p)
	if !n.spawn(func() { n.settle(p, toBeKept) }) {
		n.release(p)
	}
}

// touch settles a room as soon as no other has its turn.
func (n *Node) touch(room protocol.ID, w want) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	p := n.enter(room)
	waits := p.wanted != nothing
	p.wanted = max(p.wanted, w)
	if waits {
		n.exit(p)
		return
	}
	n.running.Go(func() {
		select {
		case p.turn <- struct{}{}:
			n.mu.Lock()
			w := p.wanted
			p.wanted = nothing
			n.mu.Unlock()
			n.settle(p, w)
		case <-n.life.Done():
		}
	})
}

// settleTries bounds how often settle looks at one room before it lets some time pass.
const settleTries = 5

// settle makes the claim of a room equal to what the relay has, and releases its turn (home.Keep,
// home.Leftover).
func (n *Node) settle(p *place, w want) {
	defer n.release(p)
	n.mu.Lock()
	p.doing = w
	n.mu.Unlock()
	var view *home.View
	if w == toBeKept {
		view = n.last(p)
	}
	for range settleTries {
		h, here := n.relay.Home(p.room)
		if view == nil {
			if view = n.read(n.life, p); view == nil {
				break
			}
		}
		step := home.Leftover(n.self, view)
		own := home.Claim{Home: n.self}
		if here {
			own.Order, own.Server, own.Draining, own.Moved = h.Order, h.Server, n.isDraining(), time.Now()
			if view.Claim != nil && view.Claim.Home == n.self {
				own.Moved = view.Claim.Moved
			}
			step = home.Keep(own, view)
		}
		switch step.Do {
		case home.Write, home.Adopt:
			if step.Do == home.Adopt {
				own = *view.Claim
			} else if home.Lost(n.written(p), view) {
				if n.directory.Lose(n.life) != nil {
					view = nil
					continue
				}
				n.forget(p)
				n.lost.Add(1)
				n.unsettled.Store(true)
			}
			view = nil
			if n.put(n.life, p, own, step.Revision) == home.Committed {
				view = n.last(p)
				if step.Do == home.Adopt {
					n.relay.Await(own.Server, own.Order)
					n.keepOut(p.room)
				}
			}
		case home.Delete:
			if n.delete(n.life, p, step.Revision) == nil {
				return
			}
			view = nil
		case home.GiveUp:
			if n.relay.GiveUp(p.room, h.Order, step.Code) {
				n.counted.givenUp.Add(1)
				n.forget(p)
				return
			}
		default: // Rest
			n.note(p, view)
			return
		}
	}
	n.postpone(p)
}

// written returns the revision of this node's claim, 0 if it has none or has deleted it.
func (n *Node) written(p *place) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return p.revision
}

// last returns what this node last wrote, nil if that may not be what the directory says.
func (n *Node) last(p *place) *home.View {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.unknown || p.revision == 0 {
		return nil
	}
	claim := p.claim
	return &home.View{Revision: p.revision, Claim: &claim}
}

// read asks the directory about a room, after it has made sure that no write of this node is on
// its way.
func (n *Node) read(ctx context.Context, p *place) *home.View {
	n.mu.Lock()
	unknown := p.unknown
	n.mu.Unlock()
	if unknown && n.directory.Fence(ctx) != nil {
		return nil
	}
	view, _ := n.lookup(ctx, keyOf(p.room))
	return view
}

// note stores what the directory says of a room.
func (n *Node) note(p *place, view *home.View) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p.unknown = false
	if view.Claim != nil && view.Claim.Home == n.self {
		p.claim, p.revision = *view.Claim, view.Revision
	} else {
		p.revision = 0
	}
}

// forget stores that the claim is no longer this node's.
func (n *Node) forget(p *place) { n.note(p, &home.View{}) }

// delete deletes the claim of a room.
func (n *Node) delete(ctx context.Context, p *place, revision int64) error {
	err := n.directory.Delete(ctx, keyOf(p.room), revision)
	if err == nil {
		n.forget(p)
	} else if errors.Is(err, directory.ErrUnknown) {
		n.mu.Lock()
		defer n.mu.Unlock()
		p.unknown = true
		n.counted.failures[deleteFailed].Add(1)
	}
	return err
}

// endWithin bounds how long a server that has left, and the clients of its room, wait for the
// directory. It is less than peers wait for the answer to a close frame.
const endWithin = 2 * time.Second

// End implements [relay.Cluster].
func (n *Node) End(room protocol.ID) <-chan protocol.Code {
	ended := make(chan protocol.Code, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		ended <- protocol.CodeServerAway
		return ended
	}
	p := n.enter(room)
	p.begin()
	n.running.Go(func() { ended <- n.end(p) })
	return ended
}

// end deletes the claim of a room, and lets peers that wait for that go on.
func (n *Node) end(p *place) protocol.Code {
	ctx, cancel := context.WithTimeout(n.life, endWithin)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer n.release(p)
		defer n.finish(p)
		return n.erase(ctx, p)
	case <-ctx.Done():
		n.finish(p)
		n.postpone(p) // the delete follows
		n.mu.Lock()
		defer n.mu.Unlock()
		n.exit(p)
		return protocol.CodeServerAway
	}
}

// erase deletes the claim of a room, and returns the code for the room's clients (home.End).
func (n *Node) erase(ctx context.Context, p *place) protocol.Code {
	view, deleted := n.last(p), false
	for {
		if view == nil {
			view = n.read(ctx, p)
		}
		if _, here := n.relay.Home(p.room); here {
			return protocol.CodeRenew // its server has come back
		}
		step := home.End(n.self, deleted, view)
		if step.Do != home.Delete {
			if view == nil && !deleted {
				n.postpone(p) // the delete follows
			} else if view != nil {
				n.note(p, view)
			}
			return step.Code
		}
		deleted = n.delete(ctx, p, step.Revision) == nil
		view = nil
	}
}

// Refuse implements [relay.Cluster].
func (n *Node) Refuse(ctx context.Context, room protocol.ID) protocol.Code {
	if !n.ask(ctx) {
		return protocol.CodeServerAway
	}
	defer n.asked()
	view, _ := n.lookup(ctx, keyOf(room))
	return home.Refuse(n.self, view)
}

func (n *Node) isDraining() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.draining
}
