package main

// linkSeeds are bugs in the link.
var linkSeeds = []Seed{
	{"the receiver skips the duplicate check", "C2", linkSuite, []Edit{
		{In: "protocol/link.Link.frameReceived",
			Old: `if n <= i.r { l.acknowledge(now, &i.receiving, 0); return }`,
			New: ``},
		{In: "protocol/link.Link.frameReceived",
			Old: `n != i.r+1`,
			New: `n > i.r+1`}}},
	{"a message is acknowledged as taken before the application took it", "C5", linkSuite, []Edit{
		{In: "protocol/link.Link.whole",
			Old: `i.inbox.push(inMessage{i.last, message, i.r, uint64(cost), c, h.about()})`,
			New: `i.inbox.push(inMessage{i.last, message, i.r, uint64(cost), c, h.about()}); i.t = i.r`}}},
	{"what Close drops counts as taken", "C5", linkSuite, []Edit{
		{In: "protocol/link.Link.Close",
			Old: `l.forget(&l.in[Data])`,
			New: `l.in[Data].t = l.in[Data].r; l.forget(&l.in[Data])`}}},
	{"delivered is told when r reaches the message, instead of t", "C5", linkSuite, []Edit{
		{In: "protocol/link.Link.acknowledged",
			Old: `t > o.t`,
			New: `r > o.t`},
		{In: "protocol/link.Link.acknowledged",
			Old: `l.settleUpTo(o, t)`,
			New: `l.settleUpTo(o, r)`}}},
	{"what is left at the end is told as delivered", "C5", linkSuite, []Edit{
		{In: "protocol/link.Link.finish",
			Old: `l.settleAll(&l.out[s], Unknown, end.How)`,
			New: `l.settleAll(&l.out[s], Delivered, end.How)`}}},
	{"the replay after a probe begins one frame too late", "C10", linkSuite, []Edit{
		{In: "protocol/link.Link.ackReceived",
			Old: `o.next, o.flight = o.r+1, 0`,
			New: `o.next, o.flight = min(o.r+2, o.made+1), 0`}}},
	{"nothing is replayed", "C10", linkSuite, []Edit{
		{In: "protocol/link.Link.ackReceived",
			Old: `o.r < o.probed`,
			New: `false`}}},
	{"a probe without an answer is not repeated", "C4", linkSuite, []Edit{
		{In: "protocol/link.Link.Tick",
			Old: `l.askDue = true`,
			New: ``}}},
	{"a full inbox drops a frame without a word", "C3", linkSuite, []Edit{
		{In: "protocol/link.Link.whole",
			Old: `i.cost += uint64(cost)`,
			New: `i.cost += uint64(cost); if i.inbox.len() > 4 { return true, "" }`}}},
	{"a frame is accepted after a gap", "C3", linkSuite, []Edit{
		{In: "protocol/link.Link.frameReceived",
			Old: `n != i.r+1 || s == Data && l.ending.begun()`,
			New: `s == Data && l.ending.begun()`}}},
	{"a message is encoded again when it is sent again", "C11", linkSuite, []Edit{
		{In: "protocol/link.outgoing.fill",
			Old: `f.data, f.part = m.data[piece.from:piece.to], !piece.whole`,
			New: `f.data, f.part = m.data[piece.from:piece.to], !piece.whole
				if o.next <= o.made && piece.whole { f.data = append([]byte(" "), f.data...) }`}}},
	{"a message gets the type of the one that came last", "C1", linkSuite, []Edit{
		{In: "protocol/link.Link.Take",
			Old: `Message{Type: m.typ, Data: m.data}`,
			New: `Message{Type: i.last, Data: m.data}`}}},
	{"the escapes of a part are undone wrongly", "C1", linkSuite, []Edit{
		{In: "protocol/link.appendPart",
			Old: `dst[n] = c; i, n = i+2, n+1`,
			New: `if c == '"' { c = '0' }; dst[n] = c; i, n = i+2, n+1`},
		{In: "protocol/link.Link.part",
			Old: `if protocol.Valid(i.buf) != nil { return false, WhyPart }`,
			New: ``}}},
	{"the sender ignores the grant", "C13", linkSuite, []Edit{
		{In: "protocol/link.outgoing.prepare",
			Old: `o.spent+uint64(o.ready.cost) > o.g`,
			New: `false`}}},
	{"a part is cut inside a character", "C10", linkSuite, []Edit{
		{In: "protocol/link.cutPart",
			Old: `!utf8.RuneStart(data[end])`,
			New: `false`}}},
	{"LINK_END is said once and never again", "C4", linkSuite, []Edit{
		{In: "protocol/link.Link.Tick",
			Old: `l.endDue = [2]bool{true, true}`,
			New: ``},
		{In: "protocol/link.Link.doubt",
			Old: `l.endDue = [2]bool{true, true}`,
			New: ``}}},
	{"LINK_END does not say what was taken", "C9", linkSuite, []Edit{
		{In: "protocol/link.Link.NextOf",
			Old: `h.R[Data], h.T[Data] = l.in[Data].r, l.in[Data].t`,
			New: ``}}},
	{"what was under way when the link ended is told as refused", "C9", linkSuite, []Edit{
		{In: "protocol/link.Link.settleAll",
			Old: `m.begun`,
			New: `m.begun && kind == Delivered`}}},
	{"an outcome is told twice", "C4", linkSuite, []Edit{
		{In: "protocol/link.Link.settleUpTo",
			Old: `l.outcome(m, Delivered, 0)`,
			New: `l.outcome(m, Delivered, 0); l.outcome(m, Delivered, 0)`}}},
	{"a message without an outcome is forgotten when the link ends", "C4", linkSuite, []Edit{
		{In: "protocol/link.Link.settleAll",
			Old: `l.outcome(m, kind, how)`,
			New: ``}}},
	{"LINK_RESET is ignored", "C4", linkSuite, []Edit{
		{In: "protocol/link.Link.Receive",
			Old: `l.lost(h.Why)`,
			New: ``}}},
	{"a door takes any link ID for the current one", "C13", linkSuite, []Edit{
		{In: "protocol/link.Door.Receive",
			Old: `d.link != nil && d.link.phase != dead && h.ID == d.link.id`,
			New: `d.link != nil && d.link.phase != dead`}}},
	{"a new instance of the client gets the old link's ID", "C11", linkSuite, []Edit{
		{In: "protocol/link.Door.open",
			Old: `d.link != nil && h.Nonce == d.nonce`,
			New: `d.link != nil`}}},
	{"the copies of what was received are not given back", "C12", linkSuite, []Edit{
		{In: "protocol/link.Link.Take",
			Old: `l.release(i, m.claim)`,
			New: ``}}},
	{"the shared memory of a message in parts is not given back", "C12", linkSuite, []Edit{
		{In: "protocol/link.Link.release",
			Old: `b.queueFor(c.bytes).release(c.bytes)`,
			New: ``}}},
}
