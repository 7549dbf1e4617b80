package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
)

const (
	// visitWithin bounds what a visit takes before a client waits.
	visitWithin = 10 * time.Second

	// holdWithin is how long a client with a token is held in its handshake (N6).
	holdWithin = 5 * time.Second

	// lookEvery is how often a waiting client's room is looked up without news.
	lookEvery = 5 * time.Second

	// againAfter is the pause between two attempts while the directory does not answer.
	againAfter = time.Second

	// maxAsking bounds the newcomers whose rooms are looked up at a time. Any stranger is a newcomer,
	// and these lookups must not delay claims, or lookups for peers that have been in a room.
	maxAsking = 256

	// askWithin is how long a newcomer waits for its lookup to begin.
	askWithin = time.Second
)

// Visit implements [relay.Cluster].
func (n *Node) Visit(ctx context.Context, v *relay.Visitor) relay.Way {
	ctx, cancel := context.WithTimeout(ctx, visitWithin)
	defer cancel()
	if !n.Wake(ctx) {
		return relay.Way{Code: protocol.CodeOverloaded}
	}
	w := &walk{Node: n, visitor: v, visit: home.Visit{Self: n.self, Role: roleOf(v), Order: v.Order}, until: time.Now().Add(holdWithin)}
	defer w.leave()
	w.see(ctx)
	safe := v.Short && w.isUnsure(ctx)
	if safe {
		v.Room = v.Draw(true)
	}
	step := w.visit.Start()
	if v.Server && step.Do != home.Serve {
		if !w.arrive(ctx) {
			return relay.Way{Code: protocol.CodeOverloaded}
		}
		w.see(ctx) // another server may have been before this one
		step = w.visit.Start()
	}
	for {
		w.see(ctx)
		switch step.Do {
		case home.Look:
			step = w.begin(ctx, w.look)
		case home.Ask:
			step = w.begin(ctx, w.find)
		case home.Forward:
			at := n.peer(step.To)
			link, err := w.forward(ctx, at)
			if err == nil {
				return n.count(at, link)
			}
			if errors.Is(err, forward.ErrNoEntry) { // it has asked IsRefused
				return relay.Way{Code: protocol.CodeNoSuchServer}
			}
			step = w.visit.Heard(answerOf(err), time.Now())
		case home.Draw:
			w.leave()
			v.Room = v.Draw(safe)
			if !w.arrive(ctx) {
				return relay.Way{Code: protocol.CodeOverloaded}
			}
			step = w.write(ctx, 0)
		case home.Write:
			step = w.write(ctx, step.Revision)
		case home.Wait:
			if !w.hold(ctx) {
				n.watch(v.Room)
				return relay.Way{}
			}
			step = w.look(ctx)
		case home.Close:
			return relay.Way{Code: step.Code, After: step.After, Exists: w.view != nil && w.view.Claim != nil}
		default: // Serve
			kicked, err := w.kept(ctx)
			if err != nil { // it is certain soon who may come in
				n.touch(v.Room, toBeReread)
				return relay.Way{Code: protocol.CodeOverloaded}
			}
			w.serve()
			return relay.Way{Open: w.visit.Open, Kicked: kicked}
		}
	}
}

// isUnsure reports whether there may be rooms that the directory does not name. A new ID then needs so
// many bits that it is no other server's (N3).
func (w *walk) isUnsure(ctx context.Context) bool {
	view, _ := w.lookup(ctx, keyOf(w.visitor.Room))
	return !view.Sure()
}

func roleOf(v *relay.Visitor) home.Role {
	switch {
	case v.Server && v.Token != "":
		return home.Server
	case v.Server:
		return home.NewServer
	case v.Token != "":
		return home.Returning
	}
	return home.Newcomer
}

// A walk is one visit on its way.
type walk struct {
	*Node
	visitor *relay.Visitor
	visit   home.Visit
	view    *home.View
	at      int64     // the directory's revision of view
	until   time.Time // when a client is no longer held

	claimed bool // this node has become the room's home

	place *place // of a server; its turn is this walk's
	began bool   // the walk counts among those that change the place
	held  bool   // a client counts among the waiters
}

// arrive waits until no other visit of a server to the room is under way at this node.
func (w *walk) arrive(ctx context.Context) bool {
	w.place = w.take(ctx, w.visitor.Room)
	return w.place != nil
}

// see looks whether the room is open here.
func (w *walk) see(ctx context.Context) {
	if w.visit.Role == home.NewServer {
		return
	}
	var h relay.Home
	if w.place != nil { // no other opens or ends it
		h, w.visit.Open = w.relay.Home(w.visitor.Room)
	} else {
		h, w.visit.Open = w.here(ctx, w.visitor.Room)
	}
	w.visit.Room = h.Order
}

// leave gives back what the walk holds.
func (w *walk) leave() {
	if w.place != nil {
		w.finishOpening()
		w.release(w.place)
		w.place = nil
	}
	if w.held {
		w.held = false
		<-w.waiters
	}
}

// beginOpening has peers that come to the room wait until it is open.
func (w *walk) beginOpening() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.began {
		w.began = true
		w.place.begin()
	}
}

// finishOpening lets them go on.
func (w *walk) finishOpening() {
	if w.began {
		w.began = false
		w.finish(w.place)
	}
}

// serve leaves the turn, and the end of the opening, to Served.
func (w *walk) serve() {
	if w.place != nil {
		w.beginOpening()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.place.serving = true
		w.place, w.began = nil, false
	}
}

// begin looks for the room in one of two ways. Newcomers wait until there are not too many of them.
func (w *walk) begin(ctx context.Context, look func(context.Context) home.Step) home.Step {
	if w.visit.Role == home.Newcomer {
		if !w.ask(ctx) {
			return home.Step{Do: home.Close, Code: protocol.CodeServerAway}
		}
		defer w.asked()
	}
	return look(ctx)
}

// ask counts a newcomer whose room is looked up. It returns false if there are too many.
func (n *Node) ask(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	select {
	case n.asking <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// asked ends what ask has begun.
func (n *Node) asked() { <-n.asking }

func (w *walk) look(ctx context.Context) home.Step {
	w.view, w.at = w.lookup(ctx, keyOf(w.visitor.Room))
	w.see(ctx)
	return w.visit.Looked(w.view)
}

// find asks all nodes about the room, while the directory does not answer.
func (w *walk) find(ctx context.Context) home.Step {
	var nodes []forward.Peer
	for i, m := range w.known.all() {
		if i != w.self && m.Recent {
			nodes = append(nodes, forward.Peer{Instance: i, Address: m.Address})
		}
	}
	if at, found := w.links.Find(ctx, nodes, w.visitor.Room); found {
		return w.visit.Asked(&at.Instance)
	}
	return w.visit.Asked(nil)
}

// forward hands the visitor over to its home.
func (w *walk) forward(ctx context.Context, at forward.Peer) (*forward.Link, error) {
	v := w.visitor
	h := &forward.Handover{
		Kind: forward.Client, Room: v.Room, Order: v.Order, Asked: v.Asked, Token: v.Token,
		Source: v.Source, Subprotocol: v.Subprotocol, Key: v.Key, Host: v.Host, Grant: v.Grant, Early: v.Early,
	}
	if v.Server {
		h.Kind = forward.Server
	}
	if w.view != nil && w.view.Claim != nil {
		h.Room = w.view.Claim.Server
	}
	if at.Address == "" {
		return nil, forward.ErrRefused // no mark of it is left
	}
	return w.links.Forward(ctx, at, h)
}

// write makes this node the home of the visitor's room.
func (w *walk) write(ctx context.Context, revision int64) home.Step {
	if !w.visitor.Reserve() {
		return home.Step{Do: home.Close, Code: protocol.CodeOverloaded}
	}
	w.beginOpening()
	claim := home.Claim{Home: w.self, Order: w.visitor.Order, Server: w.visitor.Room, Moved: time.Now()}
	result := w.put(ctx, w.place, claim, revision)
	if result != home.Committed {
		w.finishOpening()
	} else if w.claimed = true; w.view != nil && w.view.Claim != nil && w.view.Claim.Home != w.self {
		w.counted.takenOver.Add(1)
		w.tell(w.view.Claim.Home, claim)
	}
	return w.visit.Wrote(result)
}

// tell tells a room's home that the room has moved here, until it has heard it.
func (n *Node) tell(before home.Instance, claim home.Claim) {
	at := n.peer(before)
	if at.Address == "" {
		return
	}
	n.spawn(func() {
		for until := time.Now().Add(n.config.Window); time.Now().Before(until); {
			_, err := n.links.Ask(n.life, at, &forward.Handover{Kind: forward.GiveUp, Room: claim.Server, Order: claim.Order})
			if err == nil || errors.Is(err, forward.ErrNotHere) || errors.Is(err, forward.ErrOther) {
				return
			}
			select {
			case <-time.After(againAfter):
			case <-n.life.Done():
				return
			}
		}
	})
}

// hold holds a client until there is news of its room. It returns false when the client is to be
// let in to wait.
func (w *walk) hold(ctx context.Context) bool {
	if !w.held {
		select {
		case w.waiters <- struct{}{}:
			w.held = true
		default:
			return false
		}
	}
	ctx, cancel := context.WithDeadline(ctx, w.until)
	defer cancel()
	w.await(ctx, w.visitor.Room, w.view, w.at)
	return ctx.Err() == nil
}

// await waits until the directory may say something else of a room than in a view, or the context
// ends.
func (n *Node) await(ctx context.Context, room protocol.ID, view *home.View, at int64) {
	if view != nil {
		err := n.directory.Await(ctx, keyOf(room), at)
		switch {
		case err == nil:
			return
		case errors.Is(err, directory.ErrWatches):
			<-ctx.Done() // other rooms have all watches: a look now and then must do
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(againAfter):
	}
}

// watch looks after a room in which clients wait, as long as they do. The caller lets one in.
func (n *Node) watch(room protocol.ID) {
	key := keyOf(room)
	n.mu.Lock()
	_, already := n.watched[key]
	n.watched[key] = time.Now()
	n.mu.Unlock()
	if already {
		return
	}
	n.spawn(func() {
		for n.awaits(room) && n.life.Err() == nil {
			view, at := n.lookup(n.life, key)
			n.cameUp(room, view)
			ctx, cancel := context.WithTimeout(n.life, lookEvery)
			n.await(ctx, room, view, at)
			cancel()
		}
	})
}

// awaits reports whether clients wait in a room, or are just being let in. Otherwise it ends the
// room's watch: the next client begins another.
func (n *Node) awaits(room protocol.ID) bool {
	waits, key := n.relay.Waits(room), keyOf(room)
	n.mu.Lock()
	defer n.mu.Unlock()
	if waits || time.Since(n.watched[key]) < lookEvery {
		return true
	}
	delete(n.watched, key)
	return false
}

// cameUp sends clients that wait here to the home of their room, if it has one.
func (n *Node) cameUp(room protocol.ID, view *home.View) {
	visit := home.Visit{Self: n.self, Role: home.Returning}
	step := visit.Looked(view)
	if step.Do != home.Forward || !n.relay.Waits(room) {
		return
	}
	if _, err := n.links.Ask(n.life, n.peer(step.To), &forward.Handover{Kind: forward.Find, Room: room}); err == nil {
		n.relay.GiveUp(room, protocol.Order{}, 0)
	}
}

// put writes a claim of this node. The caller has the place's turn.
func (n *Node) put(ctx context.Context, p *place, claim home.Claim, revision int64) (result home.Result) {
	defer func() { n.counted.wrote(result) }()
	written, err := n.directory.Claim(ctx, claim, revision)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err == nil:
		p.claim, p.revision, p.unknown = claim, written, false
		n.refused.Store(false)
		return home.Committed
	case errors.Is(err, directory.ErrUnknown):
		p.unknown = true
		return home.Unknown
	case errors.Is(err, directory.ErrChanged):
		return home.Changed
	}
	if directory.IsRefusal(err) && !n.refused.Swap(true) {
		n.config.Log.Warn("etcd refuses what this node writes: no new rooms are opened", "error", err)
	}
	return home.NotAlive // or refused: it is certain that it was not written
}
