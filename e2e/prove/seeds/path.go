package main

// pathSeeds are bugs in the paths of a link (W1 to W8, F1) and in its first contact (L14).
var pathSeeds = []Seed{
	{"a link that loses its path does not take the other one", "C10", pathSuite, []Edit{
		{In: "protocol/link.Link.PathDown",
			Old: `p == l.current && l.up[1-p]`,
			New: `false`}}},
	{"a change to the relay is no doubt", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.PathDown",
			Old: `l.current = 1 - p; l.doubt()`,
			New: `l.current = 1 - p`}}},
	{"a change to the direct path is no doubt", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.PathUp",
			Old: `l.current = p; l.doubt()`,
			New: `l.current = p; if p == Relay { l.doubt() }`}}},
	{"a change of path sends again what was received", "C14", pathSuite, []Edit{
		{In: "protocol/link.Link.doubt",
			Old: `l.probe.doubts++`,
			New: `l.probe.doubts++; for s := range l.in { if l.in[s].r > 1 { l.in[s].r-- } }`}}},
	{"an answer goes where this side sends", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.ackReceived",
			Old: `back := path`,
			New: `back := l.current`}}},
	{"LINK_END goes on the current path only", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.sayEnd",
			Old: `[2]bool{true, true}`,
			New: `[2]bool{l.current == Relay, l.current == Direct}`}}},
	{"a round trip over two paths counts for one", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.ackReceived",
			Old: `path == p.path`,
			New: `true`}}},
	{"the version of this side applies", "W3", ruleSuite, []Edit{
		{In: "protocol/link.Link.agree",
			Old: `min(max(version, 1), Version)`,
			New: `Version`}}},
	{"the policy of the other side is ignored", "W3", ruleSuite, []Edit{
		{In: "protocol/link.Link.agree",
			Old: `max(policy, l.config.Policy)`,
			New: `l.config.Policy`}}},
	{"a peer that is back at the relay is told nothing", "W3", ruleSuite, []Edit{
		{In: "protocol/link.Link.PathUp",
			Old: `l.knockDue = l.phase == open || l.phase == done`,
			New: ``}}},
	{"any PONG answers the last PING", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Pong",
			Old: `n != h.asked`,
			New: `false`}}},
	{"a PONG from before the suspicion counts", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.suspect",
			Old: `h.waiting = false`,
			New: ``}}},
	{"a path is suspect although something comes in", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.missedAt",
			Old: `h.askedAt+oneWay`,
			New: `h.askedAt`}}},
	{"what came before a cut puts the suspicion off", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.missedAt",
			Old: `min(max(h.askedAt, h.heardAt), h.askedAt+oneWay)`,
			New: `h.askedAt+oneWay`}}},
	{"a program that was frozen decides at once", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Tick",
			Old: `now >= at+lateTimer`,
			New: `false`}}},
	{"a path that returns is trusted at once each time", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Pong",
			Old: `h.hold = min(max(Second, 2*h.hold), mostHold)`,
			New: ``}}},
	{"a path that answers is lost", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Pong",
			Old: `h.suspectAt = now`,
			New: ``}}},
	{"each PING of a flood gets its PONG", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Next",
			Old: `now >= h.pongAt+pongEvery`,
			New: `true`}}},
	{"a PING does not wait for what is ahead of it", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Next",
			Old: `h.ahead = h.flight`,
			New: ``}}},
	{"what a sender with little to send delivers is taken for the rate of the path", "W4", ruleSuite, []Edit{
		{In: "protocol/link.Health.Acked",
			Old: `h.flight >= h.InFlight()/2`,
			New: `true`}}},
	{"acknowledgements take the path on which this side sends", "W2", ruleSuite, []Edit{
		{In: "protocol/link.Link.back",
			Old: `return l.heard`,
			New: `return l.current`}}},
	{"a silent path is never suspect", "C4", pathSuite, []Edit{
		{In: "protocol/link.Health.Tick",
			Old: `h.suspect(now)`,
			New: ``}}},
	{"what is in flight on the direct path is not bounded", "W5", ruleSuite, []Edit{
		{In: "protocol/link.Health.InFlight",
			Old: `min(max(h.delivered.most, leastFlight), mostFlight)`,
			New: `max(h.delivered.most, leastFlight)`}}},
	{"a direct message of another link is taken", "F1", ruleSuite, []Edit{
		{In: "protocol/link.Link.receiveText",
			Old: `h.ID != l.id`,
			New: `false`}}},
	{"LINK_RESET is taken from the direct path", "F1", ruleSuite, []Edit{
		{In: "protocol/link.Link.receiveText",
			Old: `relayOnly(d.Type)`,
			New: `false`}}},
	{"a direct message may have any length", "F1", ruleSuite, []Edit{
		{In: "protocol/link.Link.receiveText",
			Old: `len(text) > protocol.MaxDelivery`,
			New: `false`}}},
	{"bytes after the number of a PING are ignored", "F1", ruleSuite, []Edit{
		{In: "protocol/link.Link.receiveBinary",
			Old: `kind != byteStream && len(rest) > 0`,
			New: `false`}}},
	{"early frames of an older instance end the link that lives", "L14", ruleSuite, []Edit{
		{In: "protocol/link.Door.unknown",
			Old: `!o.early || d.link != nil || max(o.policy, d.config.Policy) == DirectOnly`,
			New: `!o.early`}}},
	{"early frames for another program are taken", "L14", ruleSuite, []Edit{
		{In: "protocol/link.Door.unknown",
			Old: `!o.early || d.link != nil`,
			New: `d.link != nil`}}},
	{"a client that may have spoken to another program goes on", "L14", ruleSuite, []Edit{
		{In: "protocol/link.Link.opened",
			Old: `l.unsure && !h.Mine`,
			New: `false`}}},
	{"a client resets the link that it has made itself", "L14", ruleSuite, []Edit{
		{In: "protocol/link.Door.unknown",
			Old: `d.config.Client && d.link.saidEarly()`,
			New: `false`}}},
	{"a late answer does not give time for the next part", "L7", ruleSuite, []Edit{
		{In: "protocol/link.Link.partWake",
			Old: `max(i.partAt+partWithin, i.heardAt+partWithin/4)`,
			New: `i.partAt + partWithin`}}},
	{"what a peer from before paths sends on channel 253 is read", "W3", peerSuite, []Edit{
		{In: "sdk.direct.LinkMessage",
			Old: `l.Version() >= 2`,
			New: `true`}}},
	{"a peer from before paths gets a PING", "W3", peerSuite, []Edit{
		{In: "sdk.direct.opened",
			Old: `d.linked.link.Version() < 2`,
			New: `false`}}},
}
