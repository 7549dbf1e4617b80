package main

// sdkSeeds are bugs in the SDK.
var sdkSeeds = []Seed{
	{"a session ends with its connection instead of resuming", "C13", sdkSuite, []Edit{
		{"sdk/signaling/run.go", `		if next == nil && !replaced && (!s.v1 || !mayResume(err)) {`, `		if next == nil {`}}},
	{"the link is not told that its path is back", "C10", sdkSuite, []Edit{
		{"sdk/gate.go", `	case up:
		l.PathUp(now)`, `	case up:
		if l.ID() == (link.ID{}) {
			l.PathUp(now)
		}`}}},
	{"a receipt says delivered as soon as the link has accepted the message", "C5", sdkSuite, []Edit{
		{"sdk/conn.go", `		return r, c.sendLink(ctx, m.Type, append([]byte(nil), data...), r)
`, `		r.settle(Outcome{Result: Delivered})
		return r, c.sendLink(ctx, m.Type, append([]byte(nil), data...), nil)
`}}},
	{"a Receive takes two messages and hands out one", "C5", sdkSuite, []Edit{
		{"sdk/reliable.go", `	taken, ok := c.link.Take(now, link.Data)
`, `	taken, ok := c.link.Take(now, link.Data)
	if again, more := c.link.Take(now, link.Data); more {
		taken = again
	}
`}}},
	{"who loses its own connection gives the others up at once", "C7", sdkSuite, []Edit{
		{"sdk/signaling/presence.go", `			p.wait(k, now.Add(p.window+goneAfter))
		}`, `			p.wait(k, now)
		}`}}},
	{"a peer that is away is told as gone", "C7", sdkSuite, []Edit{
		{"sdk/signaling/presence.go", `		e, tell := p.away(now, m.ID, k, window)
		if m.Window > 0 && (tell || m.Order != (protocol.Order{})) { // the relay says for how much longer, if it can know
			p.wait(k, now.Add(window+goneAfter))
		}
		return e, tell`, `		_ = window
		delete(p.peers, m.ID)
		return Event{Kind: Gone, Peer: m.ID, Reason: ReasonTimeout}, true`}}},
	{"the new link of a program that was started again is put into the old Conn", "C10", sdkSuite, []Edit{
		{"sdk/gate.go", `	if entry.Opened {
		g.conn = g.open(entry.Link)
	}`, `	if entry.Opened && g.conn == nil {
		g.conn = g.open(entry.Link)
	} else if entry.Opened {
		g.conn.link = entry.Link
	}`},
		{"sdk/gate.go", `	if entry.Replaced != nil && g.conn != nil {
		g.conn.effects(now)
	}
`, ``}}},
}
