package relay

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A Cluster is what the nodes of one relay know together (docs/cluster.md). Its methods may be
// called concurrently. They may wait for other nodes, so the relay calls them without a lock.
type Cluster interface {
	// Wake reports whether this node may take peers in. One that has stood still may have been
	// replaced, and asks first.
	Wake(ctx context.Context) bool

	// Visit finds the room of a client that is not here, and that of a server. For a server it may
	// make this node the home of the room, and then the relay calls Served. It returns soon after the
	// context has ended.
	Visit(ctx context.Context, v *Visitor) Way

	// Served is called after a server has entered its room here, or could not although Visit had
	// made this node its home.
	Served(room protocol.ID)

	// End is called when a room has ended here, and does not block. The channel then gets the code
	// for the room's clients: protocol.CodeServerGone once no other node can find the room any more,
	// another code if that is not certain.
	End(room protocol.ID) <-chan protocol.Code

	// Refuse returns the code for a newcomer that the room here does not admit.
	Refuse(ctx context.Context, room protocol.ID) protocol.Code
}

// A Visitor is a peer whose connection one node has admitted, and that another node may let into
// its room. It holds no access secret.
type Visitor struct {
	Server bool
	Asked  protocol.ID // the room that a client asks for, in its own spelling (B52)
	Room   protocol.ID // the same as far as this node knows the server's spelling; for a server its own ID

	Subprotocol string // that was selected (R1)
	Key         string // Sec-WebSocket-Key

	Token string         // that the peer resumes with, "" for none; it is valid
	Order protocol.Order // of this connection (R5)
	Early []byte         // what the peer has sent behind its handshake

	Source netip.Addr
	Host   string // of the handshake
	Grant  access.Grant

	Via string // for Receive: the node that has admitted the connection

	// Draw, for Visit, returns another ID for a new server, which names no room here. One that is safe
	// has at least 60 bits.
	Draw func(safe bool) protocol.ID

	// Short: Room is of a new server and has fewer bits than a safe ID.
	Short bool

	// Reserve, for Visit, counts Room as a room of this node and of its server's source. Visit calls
	// it before it writes the claim. After false it writes none, and the relay closes the connection.
	Reserve func() bool
}

// A Way is where a visitor goes. Its zero value is the room here, which may have to be opened.
type Way struct {
	Open bool // the room is open here: if it has ended since, the visitor has to come again

	// Forward is set if another node has taken the visitor. It carries the bytes between the socket
	// and that node in goroutines of its own, until one side has ended. Then it closes the socket
	// and calls done.
	Forward func(socket net.Conn, done func())
	Cut     func() // cuts the connection to that node, before or after Forward

	Exists bool     // with Code: there is such a room, although the visitor may not come in
	Kicked []Kicked // must be kept out of the room, as the directory says

	Code  protocol.Code // of the close, if the visitor may not come in
	After time.Duration // with Code: it should wait so long before it comes again; a second at least
}

// seek returns true if another node lets the peer in. Otherwise the peer enters here, and if it
// is a server, this node is the home of its room. s.arrival.refused says why it may not.
func (s *session) seek(request *http.Request) (elsewhere bool) {
	r, a := s.relay, s.arrival
	if s.server {
		a.room = s.id
	}
	if r.config.Cluster == nil || a.refused != nil || r.isEnding() {
		return false
	}
	if _, here := r.Home(a.room); here && !s.server {
		a.found = true
		if !r.config.Cluster.Wake(r.life) {
			a.guess.Right()
			a.refused = s.astray(Way{Code: protocol.CodeOverloaded})
		}
		return false
	}
	v := &Visitor{
		Server: s.server, Asked: a.asked, Room: a.room,
		Subprotocol: a.subprotocol, Key: request.Header.Get("Sec-WebSocket-Key"),
		Order: a.order, Early: s.conn.Early(),
		Source: s.source, Host: request.Host, Grant: a.grant,
	}
	v.Draw = func(safe bool) protocol.ID {
		s.cancel()
		return r.drawServer(safe)
	}
	v.Short = s.server && !a.resumed && r.config.NewSafeServerID != nil
	v.Reserve = func() bool { return s.reserve(v.Room) }
	if a.resumed {
		_, v.Token, _, _ = edge.Credential(request)
	}
	way := r.config.Cluster.Visit(r.life, v)
	a.found, a.kicked = way.Open, way.Kicked
	if s.server {
		s.id = v.Room
	}
	switch {
	case way.Forward != nil:
		a.guess.Right()
		s.cancel()
		r.forward(s, way)
		return true
	case way.Code == protocol.CodeNoSuchServer:
		s.wrong()
	case way.Exists:
		a.guess.Right()
	case way.Code != 0:
		r.wait(a.guess.Undecided())
	}
	a.refused = cmp.Or(a.refused, s.astray(way))
	if a.refused != nil && !a.resumed { // the claim of a server with a token may yet be written
		s.cancel()
	}
	return false
}

// reserve opens the room of a server, which waits for it, so that the room counts before its claim
// is written.
func (s *session) reserve(room protocol.ID) bool {
	r, a := s.relay, s.arrival
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[keyOf(room)] == nil {
		a.reserved, a.refused = r.open(room, s.claim.source)
	}
	return a.refused == nil
}

// cancel closes the room that reserve has opened, unless other peers have come to it.
func (s *session) cancel() {
	l := s.arrival.reserved
	if l == nil {
		return
	}
	s.arrival.reserved = nil
	l.mu.Lock()
	over := l.room.Server().Order == protocol.Order{} && l.room.GiveUp()
	l.mu.Unlock()
	if over {
		s.relay.removeRoom(l)
	}
}

// isEnding reports whether the relay lets in no peers that come to it.
func (r *Relay) isEnding() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing || r.isDraining()
}

// isDraining reports whether Drain was called. With mu held.
func (r *Relay) isDraining() bool { return !r.leaveBy.IsZero() }

// forward gives a connection to another node.
func (r *Relay) forward(s *session, way Way) {
	s.arrival = nil
	socket := s.conn.Release()
	done := s.claim.release
	r.mu.Lock()
	cut := func() {
		way.Cut()
		wsconn.Cut(socket)
	}
	if r.closing {
		cut()
	} else {
		r.forwards[s] = cut
		r.running.Add(1)
		done = func() { r.forwarded(s) }
	}
	r.mu.Unlock()
	way.Forward(socket, done)
}

// forwarded ends what forward has begun.
func (r *Relay) forwarded(s *session) {
	defer r.running.Done()
	s.claim.release()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.forwards, s)
}

// drawServer draws the ID of a new server, which names no room here.
func (r *Relay) drawServer(safe bool) protocol.ID {
	draw := r.config.NewServerID
	if safe && r.config.NewSafeServerID != nil {
		draw = r.config.NewSafeServerID
	}
	for {
		if id := draw(); r.find(id) == nil {
			return id
		}
	}
}

// astray returns the error that closes a peer which the cluster does not let in, nil if it does.
func (s *session) astray(way Way) *protocol.Error {
	reason := ""
	switch way.Code {
	case 0:
		return nil
	case protocol.CodeNoSuchServer:
		reason = noServer
	case protocol.CodeServerAway:
		reason = serverAway
	case protocol.CodeReplaced:
		reason = replaced
	case protocol.CodeRestarting:
		reason = restarting
	default:
		reason = "the relay cannot reach this room at the moment"
		if s.server && !s.arrival.resumed {
			reason = "the relay cannot open rooms at the moment"
		}
		reason += ": try again later" + after(way.After)
	}
	return &protocol.Error{Code: way.Code, Reason: reason}
}

// moved is the answer to a peer whose room another node may have by now.
var moved = &protocol.Error{Code: protocol.CodeRenew, Reason: "this room has moved: connect again"}

// isRefusal reports whether a newcomer may be told that there is no such room as the one here,
// because the room does not admit it. Of rooms elsewhere Visit says so, whose home has asked IsRefused.
func (r *Relay) isRefusal(room protocol.ID) bool {
	return r.config.Cluster == nil || r.config.Cluster.Refuse(r.life, room) == protocol.CodeNoSuchServer
}

// endRoom closes a room whose server is gone, and its clients (B15).
func (r *Relay) endRoom(l *lobby, clients []*session) {
	l.mu.RLock()
	notice := l.room.ServerGone()
	l.mu.RUnlock()
	switch <-r.end(l) {
	case protocol.CodeServerGone:
		loseServer(clients, notice)
	case protocol.CodeRenew:
		closeAll(clients, moved.Code, moved.Reason)
	default:
		loseSight(clients)
	}
}

// forget ends a room whose server is away and may come back to any node.
func (r *Relay) forget(l *lobby) { _ = r.end(l) }

// end removes a room that has ended. The channel gets the code for its clients. Peers that come
// to the room before that wait for the cluster.
func (r *Relay) end(l *lobby) (code <-chan protocol.Code) {
	if r.config.Cluster != nil {
		code = r.config.Cluster.End(l.id)
	} else {
		alone := make(chan protocol.Code, 1)
		alone <- protocol.CodeServerGone
		code = alone
	}
	r.removeRoom(l)
	return code
}
