package main

// sdkSeeds are bugs in the SDK.
var sdkSeeds = []Seed{
	{"a session ends with its connection instead of resuming", "C13", sdkSuite, []Edit{
		{In: "sdk/internal/signaling.Session.run",
			Old: `next == nil && !replaced && !spared && (!s.v1 || !mayResume(err))`,
			New: `next == nil`}}},
	{"the link is not told that its path is back", "C10", sdkSuite, []Edit{
		{In: "sdk.peer.path",
			Old: `l.PathUp(now, link.Relay)`,
			New: `if l.ID() == (link.ID{}) { l.PathUp(now, link.Relay) }`}}},
	{"a receipt says delivered as soon as the link has accepted the message", "C5", sdkSuite, []Edit{
		{In: "sdk.linked.send",
			Old: `token = r`,
			New: `r.settle(Outcome{Result: Delivered})`}}},
	{"a Receive takes two messages and hands out one", "C5", sdkSuite, []Edit{
		{In: "sdk.linked.take",
			Old: `taken, ok := l.link.Take(now, link.Data)`,
			New: `taken, ok := l.link.Take(now, link.Data)
				if again, more := l.link.Take(now, link.Data); more {
					taken = again
				}`}}},
	{"who loses its own connection gives the others up at once", "C7", sdkSuite, []Edit{
		{In: "sdk/internal/signaling.presence.lost",
			Old: `p.wait(k, now.Add(p.window+goneAfter))`,
			New: `p.wait(k, now)`}}},
	{"a peer that is away is told as gone", "C7", sdkSuite, []Edit{
		{In: "sdk/internal/signaling.presence.said",
			Old: `e, tell := p.away(now, m.ID, k, window)
				if m.Window > 0 && (tell || m.Order != (protocol.Order{})) { p.wait(k, now.Add(window+goneAfter)) }
				return e, tell`,
			New: `_ = window
				delete(p.peers, m.ID)
				return Event{Kind: Gone, Peer: m.ID, Reason: ReasonTimeout}, true`}}},
	{"the new link of a program that was started again is put into the old Conn", "C10", sdkSuite, []Edit{
		{In: "sdk.peer.receive",
			Old: `if entry.Opened { p.current = p.open(entry.Link) }`,
			New: `if entry.Opened && p.current == nil {
					p.current = p.open(entry.Link)
				} else if entry.Opened {
					p.current.link = entry.Link
				}`},
		{In: "sdk.peer.receive",
			Old: `if entry.Replaced != nil && p.current != nil { p.current.effects(now) }`,
			New: ``}}},
}
