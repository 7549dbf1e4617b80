package main

// relaySeeds are bugs in the relay.
var relaySeeds = []Seed{
	{"an older connection takes the place of a newer one", "C8", relaySuite, []Edit{
		{"relayd/room/room.go", `	case order.Compare(m.Order) < 0:
		return nil, before, Replaced
`, ``}}},
	{"the order of connections is turned round", "C8", relaySuite, []Edit{
		{"protocol/order.go", `		return compare(o.Attempt, p.Attempt)`, `		return compare(p.Attempt, o.Attempt)`}}},
	{"the token is not rotated: each HELLO has the same generation", "C8", relaySuite, []Edit{
		{"relayd/relay/hello.go", `	s.generation = s.arrival.order.Generation + 1
`, `	s.generation = 1
`}}},
	{"the connection that was replaced is left open", "C8", relaySuite, []Edit{
		{"relayd/relay/join.go", `	if before != nil {
		before.close(protocol.CodeReplaced, replaced)
	}
	l.tellClient(seat)
`, `	_ = before
	l.tellClient(seat)
`}}},
	{"a lost connection counts as a goodbye", "C7", relaySuite, []Edit{
		{"relayd/relay/session.go", `	return room.End{Away: true, Wait: window.Milliseconds()}`, `	return room.Left()`}}},
	{"PEER_BACK is not said after a resume", "C7", relaySuite, []Edit{
		{"relayd/room/room.go", `	m.stale = r.server.state == away
	r.queue(m)
`, `	m.stale = r.server.state == away
	if newcomer {
		r.queue(m)
	}
`}}},
	{"PEER_JOINED comes behind the first message", "C7", relaySuite, []Edit{
		{"relayd/relay/presence.go", `		bytes, frames = append(server.notice(n), bytes...), frames+1
`, `		bytes, frames = append(bytes, server.notice(n)...), frames+1
`},
		{"relayd/relay/join.go", `	l.tellClient(seat)
	l.tellServer()
	return verdict`, `	l.tellClient(seat)
	return verdict`},
		{"relayd/relay/join.go", `!s.arrival.resumed && !s.lobby.told(s) && `, `false && `}}},
	{"who is away is given up before the window is over", "C7", relaySuite, []Edit{
		{"relayd/room/room.go", `		if m.state == away && now >= m.until {`, `		if m.state == away && now >= m.until-2000 {`}}},
	{"PEER_GONE overtakes the last messages", "C7", relaySuite, []Edit{
		{"relayd/relay/route.go", `	b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
`, `	b.to, b.out, b.frames, b.news = nil, out[:0], 0, false
	if !s.server && !news {
		late := slices.Clone(out)
		time.AfterFunc(30*time.Millisecond, func() { _ = to.conn.Send(late, frames, nil) })
		return
	}
`}}},
	{"a full outbox drops without a word", "C4", relaySuite, []Edit{
		{"relayd/relay/route.go", `		s.undelivered(server, DropServerSlow, s.heldOf, slow)
`, ``}}},
	{"what came together with a close frame is dropped", "C4", relaySuite, []Edit{
		{"relayd/relay/session.go", `	s.endBatch()
`, `	if err == nil {
		s.endBatch()
	}
`}}},
	{"a batch that is cut short loses its last message", "C4", relaySuite, []Edit{
		{"relayd/relay/route.go", `	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
`, `	if b.frames < 7 {
		b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
	}
`}}},
	{"the messages of a batch are turned round", "C3", relaySuite, []Edit{
		{"relayd/relay/route.go", `	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
`, `	b.out = append(appendDelivery(nil, s.id, e.Type, e.Message, e.Link), b.out...)
`}}},
	{"a message in the middle of a batch is written twice", "C2", relaySuite, []Edit{
		{"relayd/relay/route.go", `	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
`, `	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
	if b.frames == 3 {
		b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
	}
`}}},
	{"a message is said to come from its receiver", "C1", relaySuite, []Edit{
		{"relayd/relay/route.go", `	b.out = appendDelivery(b.out, s.id, e.Type, e.Message, e.Link)
`, `	b.out = appendDelivery(b.out, protocol.ID(e.To), e.Type, e.Message, e.Link)
`}}},
	{"a client's message reaches the server of another room", "C6", relaySuite, []Edit{
		{"relayd/relay/route.go", `	receiver, ok := s.lobby.route(s, envelope.To)
`, `	receiver, ok := s.lobby.route(s, envelope.To)
	s.relay.mu.Lock()
	for other := range s.relay.sessions {
		if ok && other.server && other.lobby != s.lobby && !s.server {
			receiver.to = other
		}
	}
	s.relay.mu.Unlock()
`}}},
	{"a session that has ended is not forgotten", "C12", relaySuite, []Edit{
		{"relayd/relay/join.go", `	delete(r.sessions, s)
`, ``}}},
}
