package main

// ownerSeeds are bugs in who owns an ID; porcupine must see each.
var ownerSeeds = []Seed{
	{"a server: an older connection takes the place of a newer one", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	if order.Compare(r.server.Order) < 0 {
		return before, Replaced
	}
`, ``}}},
	{"a server: the connection that was replaced is left open", "C8", ownerSuite, []Edit{
		{"relayd/relay/join.go", `	if before != nil {
		before.close(protocol.CodeReplaced, replaced)
	}
	l.tellServer()
	l.tellClients()
`, `	_ = before
	l.tellServer()
	l.tellClients()
`}}},
	{"the attempt counts for more than the generation", "C8", ownerSuite, []Edit{
		{"protocol/order.go", `	case o.Generation != p.Generation:
		return compare(o.Generation, p.Generation)
	case o.Attempt != p.Attempt:
		return compare(o.Attempt, p.Attempt)
`, `	case o.Attempt != p.Attempt:
		return compare(o.Attempt, p.Attempt)
	case o.Generation != p.Generation:
		return compare(o.Generation, p.Generation)
`}}},
	{"while a peer is away, an old token gets its ID", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	case order.Compare(m.Order) < 0:
`, `	case m.state == present && order.Compare(m.Order) < 0:
`}}},
	{"the end of a replaced connection takes the place from the newer one", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	if !m.Has(conn) || r.clients[m.ID] != m {
`, `	if m.state != present || r.clients[m.ID] != m {
`}}},
	{"a server: the end of a replaced connection takes the place from the newer one", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	if !r.server.Has(conn) {
		return nil, false
`, `	if !r.server.Present() {
		return nil, false
`}}},
	{"the order is looked at before the lock is taken", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	case order.Compare(m.Order) < 0:
		return nil, before, Replaced
`, ``},
		{"relayd/relay/join.go", `func (l *lobby) claimClient(s *session) room.Verdict {
	l.mu.Lock()
`, `func (l *lobby) claimClient(s *session) room.Verdict {
	l.mu.RLock()
	m := l.room.Client([]byte(s.id))
	late := m != nil && s.arrival.order.Compare(m.Order) < 0
	l.mu.RUnlock()
	if late {
		return room.Replaced
	}
	l.mu.Lock()
`}}},
	{"who has said goodbye may not come back with its token", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	m.leave(end, now)
	if end.Away {
		r.absent++
	}
`, `	m.leave(end, now)
	if end.Away {
		r.absent++
	} else {
		r.Kick(m.ID)
	}
`}}},
	{"who was kicked comes back with its token", "C8", ownerSuite, []Edit{
		{"relayd/room/room.go", `	if kicked && !newcomer {
		return nil, before, Kicked
	}
`, ``}}},
	{"the attempt is not looked at", "C8", ownerSuite, []Edit{
		{"relayd/relay/accept.go", `	s.arrival.order.Generation, s.arrival.order.Attempt = identity.Generation, attempt
`, `	s.arrival.order.Generation, _ = identity.Generation, attempt
`}}},
}
