package main

// ownerSeeds are bugs in the ownership of IDs. Porcupine must find each.
var ownerSeeds = []Seed{
	{"a server: an older connection takes the place of a newer one", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.ClaimServer",
			Old: `if order.Compare(r.server.Order) < 0 { return before, Replaced }`,
			New: ``}}},
	{"a server: the connection that was replaced is left open", "C8", ownerSuite, []Edit{
		{In: "relayd/relay.lobby.claimServer",
			Old: `before.close(protocol.CodeReplaced, replaced)`,
			New: ``}}},
	{"the attempt counts for more than the generation", "C8", ownerSuite, []Edit{
		{In: "protocol.Order.Compare",
			Old: `case o.Generation != p.Generation: return compare(o.Generation, p.Generation)
				case o.Attempt != p.Attempt: return compare(o.Attempt, p.Attempt)`,
			New: `case o.Attempt != p.Attempt: return compare(o.Attempt, p.Attempt)
				case o.Generation != p.Generation: return compare(o.Generation, p.Generation)`}}},
	{"while a peer is away, an old token gets its ID", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.ClaimClient",
			Old: `order.Compare(m.Order) < 0`,
			New: `m.state == present && order.Compare(m.Order) < 0`}}},
	{"the end of a replaced connection takes the place from the newer one", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.LeaveClient",
			Old: `!m.Has(conn)`,
			New: `m.state != present`}}},
	{"a server: the end of a replaced connection takes the place from the newer one", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.LeaveServer",
			Old: `!r.server.Has(conn)`,
			New: `!r.server.Present()`}}},
	{"the order is looked at before the lock is taken", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.ClaimClient",
			Old: `case order.Compare(m.Order) < 0: return nil, before, Replaced`,
			New: ``},
		{In: "relayd/relay.lobby.claimClient",
			Old: `l.mu.Lock()`,
			New: `l.mu.RLock()
				m := l.room.Client([]byte(s.id))
				late := m != nil && s.arrival.order.Compare(m.Order) < 0
				l.mu.RUnlock()
				if late {
					return room.Replaced
				}
				l.mu.Lock()`}}},
	{"who has said goodbye may not come back with its token", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.LeaveClient",
			Old: `if end.Away { r.absent++ }`,
			New: `if end.Away { r.absent++ } else { r.Kick(m.ID) }`}}},
	{"who was kicked comes back with its token", "C8", ownerSuite, []Edit{
		{In: "relayd/room.Room.ClaimClient",
			Old: `if kicked && !newcomer { return nil, before, Kicked }`,
			New: ``}}},
	{"the attempt is not looked at", "C8", ownerSuite, []Edit{
		{In: "relayd/relay.session.verify",
			Old: `a.order.Generation, a.order.Attempt = identity.Generation, attempt`,
			New: `a.order.Generation, _ = identity.Generation, attempt`}}},
}
