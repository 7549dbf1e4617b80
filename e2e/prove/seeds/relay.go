package main

// relaySeeds are bugs in the relay.
var relaySeeds = []Seed{
	{"an older connection takes the place of a newer one", "C8", relaySuite, []Edit{
		{In: "relayd/room.Room.ClaimClient",
			Old: `case order.Compare(m.Order) < 0: return nil, before, Replaced`,
			New: ``}}},
	{"the order of connections is turned round", "C8", relaySuite, []Edit{
		{In: "protocol.Order.Compare",
			Old: `compare(o.Attempt, p.Attempt)`,
			New: `compare(p.Attempt, o.Attempt)`}}},
	{"the token is not rotated: each HELLO has the same generation", "C8", relaySuite, []Edit{
		{In: "relayd/relay.session.hello",
			Old: `s.arrival.order.Generation + 1`,
			New: `1`}}},
	{"the connection that was replaced is left open", "C8", relaySuite, []Edit{
		{In: "relayd/relay.lobby.claimClient",
			Old: `before.close(protocol.CodeReplaced, replaced)`,
			New: ``}}},
	{"a lost connection counts as a goodbye", "C7", relaySuite, []Edit{
		{In: "relayd/relay.session.howItEnded",
			Old: `room.End{Away: true, Wait: window.Milliseconds()}`,
			New: `room.Left()`}}},
	{"PEER_BACK is not said after a resume", "C7", relaySuite, []Edit{
		{In: "relayd/room.Room.ClaimClient",
			Old: `r.queue(m)`,
			New: `if newcomer { r.queue(m) }`}}},
	{"PEER_JOINED comes behind the first message", "C7", relaySuite, []Edit{
		{In: "relayd/relay.lobby.deliverNews",
			Old: `append(server.notice(n), bytes...)`,
			New: `append(bytes, server.notice(n)...)`},
		{In: "relayd/relay.lobby.claimClient",
			Old: `l.tellServer()`,
			New: ``},
		{In: "relayd/relay.Relay.enterClient",
			Old: `!s.arrival.resumed && !s.lobby.tellServerOf(s) && s.push(nil, 0) == wsconn.ErrFull`,
			New: `false && s.push(nil, 0) == wsconn.ErrFull`}}},
	{"who is away is given up before the window is over", "C7", relaySuite, []Edit{
		{In: "relayd/room.Room.Expire",
			Old: `now >= m.until`,
			New: `now >= m.until-2000`}}},
	{"PEER_GONE overtakes the last messages", "C7", relaySuite, []Edit{
		{In: "relayd/relay.session.flush",
			Old: `b.to, b.out, b.frames, b.news = nil, out[:0], 0, false`,
			New: `b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
				if !s.server && !news {
					late := slices.Clone(out)
					time.AfterFunc(30*time.Millisecond, func() { _ = to.conn.Send(late, frames, nil) })
					return
				}`}}},
	{"a full outbox drops without a word", "C4", relaySuite, []Edit{
		{In: "relayd/relay.session.hold",
			Old: `s.undelivered(server, DropServerSlow, s.heldOf, slow)`,
			New: ``}}},
	{"what came together with a close frame is dropped", "C4", relaySuite, []Edit{
		{In: "relayd/relay.session.Came",
			Old: `s.endBatch()`,
			New: `if err == nil { s.endBatch() }`}}},
	{"a batch that is cut short loses its last message", "C4", relaySuite, []Edit{
		{In: "relayd/relay.session.gather",
			Old: `b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)`,
			New: `if b.frames < 7 { b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link) }`}}},
	{"the messages of a batch are turned round", "C3", relaySuite, []Edit{
		{In: "relayd/relay.session.gather",
			Old: `b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)`,
			New: `b.out = append(appendDelivery(nil, s.id, e.Type, e.Message, e.Link), b.out...)`}}},
	{"a message in the middle of a batch is written twice", "C2", relaySuite, []Edit{
		{In: "relayd/relay.session.gather",
			Old: `b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)`,
			New: `b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
				if b.frames == 3 { b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link) }`}}},
	{"a message is said to come from its receiver", "C1", relaySuite, []Edit{
		{In: "relayd/relay.session.gather",
			Old: `appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)`,
			New: `appendDelivery(b.out, protocol.ID(e.To), e.Type, e.Message, e.Link)`}}},
	{"a client's message reaches the server of another room", "C6", relaySuite, []Edit{
		{In: "relayd/relay.session.route",
			Old: `receiver, ok := s.lobby.route(s, envelope.To)`,
			New: `receiver, ok := s.lobby.route(s, envelope.To)
				s.relay.mu.Lock()
				for other := range s.relay.sessions {
					if ok && other.server && other.lobby != s.lobby && !s.server {
						receiver.to = other
					}
				}
				s.relay.mu.Unlock()`}}},
	{"a session that has ended is not forgotten", "C12", relaySuite, []Edit{
		{In: "relayd/relay.Relay.remove",
			Old: `delete(r.sessions, s)`,
			New: ``}}},
}
