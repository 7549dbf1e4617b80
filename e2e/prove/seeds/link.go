package main

// linkSeeds are bugs in the link, which runs in the peers.
var linkSeeds = []Seed{
	{"the receiver skips the duplicate check", "C2", linkSuite, []Edit{
		{"protocol/link/in.go", `	if n <= i.r {
		l.acknowledge(now, i, 0) // its sender seems not to know
		return
	}
	if n != i.r+1 || `, `	if n > i.r+1 || `}}},
	{"a message is acknowledged as taken before the application took it", "C5", linkSuite, []Edit{
		{"protocol/link/in.go", `	i.inbox.push(inMessage{i.last, message, i.r, uint64(cost), c})
`, `	i.inbox.push(inMessage{i.last, message, i.r, uint64(cost), c})
	i.t = i.r
`}}},
	{"what Close drops counts as taken", "C5", linkSuite, []Edit{
		{"protocol/link/ending.go", `func (l *Link) Close(now Time) {
`, `func (l *Link) Close(now Time) {
	l.in[Data].t = l.in[Data].r
`}}},
	{"delivered is told when r reaches the message, instead of t", "C5", linkSuite, []Edit{
		{"protocol/link/acked.go", `		if t > o.t {
			l.settleUpTo(o, t)`, `		if r > o.t {
			l.settleUpTo(o, r)`}}},
	{"what is left at the end is told as delivered", "C5", linkSuite, []Edit{
		{"protocol/link/ending.go", `l.settleAll(&l.out[s], Unknown, end.How)`, `l.settleAll(&l.out[s], Delivered, end.How)`}}},
	{"the replay after a probe begins one frame too late", "C10", linkSuite, []Edit{
		{"protocol/link/probe.go", `			o.next, o.flight = o.r+1, 0
`, `			o.next, o.flight = min(o.r+2, o.made+1), 0
`}}},
	{"nothing is replayed", "C10", linkSuite, []Edit{
		{"protocol/link/probe.go", `		if o.r < o.probed { //`, `		if false { //`}}},
	{"a probe without an answer is not repeated", "C4", linkSuite, []Edit{
		{"protocol/link/timer.go", `	case ask:
		l.askDue = true`, `	case ask:`}}},
	{"a full inbox drops a frame without a word", "C3", linkSuite, []Edit{
		{"protocol/link/in.go", `	i.r++
	i.cost += uint64(cost)
	i.inbox.push(`, `	i.r++
	i.cost += uint64(cost)
	if i.inbox.len() > 4 {
		return true, ""
	}
	i.inbox.push(`}}},
	{"a frame is accepted after a gap", "C3", linkSuite, []Edit{
		{"protocol/link/in.go", `	if n != i.r+1 || s == Data && l.ending.here {`, `	if s == Data && l.ending.here {`}}},
	{"a message is encoded again when it is sent again", "C11", linkSuite, []Edit{
		{"protocol/link/next.go", `	f.data, f.part = m.data[piece.from:piece.to], !piece.whole
`, `	f.data, f.part = m.data[piece.from:piece.to], !piece.whole
	if again && piece.whole {
		f.data = append([]byte(" "), f.data...)
	}
`}}},
	{"a message gets the type of the one that came last", "C1", linkSuite, []Edit{
		{"protocol/link/in.go", `return Message{m.typ, m.data}, true`, `return Message{i.last, m.data}, true`}}},
	{"the escapes of a part are undone wrongly", "C1", linkSuite, []Edit{
		{"protocol/link/part.go", `	case '"', '\\', '/':
		return rune(c), 2`, `	case '"', '\\', '/':
		if c == '"' {
			c = '0'
		}
		return rune(c), 2`}, {"protocol/link/in_part.go", `	if protocol.Valid(i.buf) != nil {
		return false, WhyPart
	}
`, ``}}},
	{"the sender ignores the grant", "C13", linkSuite, []Edit{
		{"protocol/link/out.go", `	if o.spent+uint64(o.ready.cost) > o.g {`, `	if false {`}}},
	{"a part is cut inside a character", "C10", linkSuite, []Edit{
		{"protocol/link/part.go", `			_, n = utf8.DecodeRune(data[i:])
			size = n`, `			_, _ = utf8.DecodeRune(data[i:])`}}},
	{"LINK_END is said once and never again", "C4", linkSuite, []Edit{
		{"protocol/link/timer.go", `	l.endDue = l.endDue || end
`, ``},
		{"protocol/link/probe.go", `	l.endDue = l.endAwaited()
`, ``}}},
	{"LINK_END does not say what was taken", "C9", linkSuite, []Edit{
		{"protocol/link/next.go", `		h.R[Data], h.T[Data] = l.in[Data].r, l.in[Data].t
`, ``}}},
	{"what was under way when the link ended is told as refused", "C9", linkSuite, []Edit{
		{"protocol/link/acked.go", `		if m.begun {
			l.outcome(m, kind, how)`, `		if m.begun && kind == Delivered {
			l.outcome(m, kind, how)`}}},
	{"an outcome is told twice", "C4", linkSuite, []Edit{
		{"protocol/link/acked.go", `		l.outcome(m, Delivered, 0)
		o.messages.pop()`, `		l.outcome(m, Delivered, 0)
		l.outcome(m, Delivered, 0)
		o.messages.pop()`}}},
	{"a message without an outcome is forgotten when the link ends", "C4", linkSuite, []Edit{
		{"protocol/link/acked.go", `		if m.begun {
			l.outcome(m, kind, how)`, `		if m.begun {`}}},
	{"LINK_RESET is ignored", "C4", linkSuite, []Edit{
		{"protocol/link/link.go", `		l.lost(h.Why)
		return`, `		return`}}},
	{"a door takes any link ID for the current one", "C13", linkSuite, []Edit{
		{"protocol/link/door.go", `	case d.link != nil && d.link.phase != dead && h.ID == d.link.id:`, `	case d.link != nil && d.link.phase != dead:`}}},
	{"a new instance of the client gets the old link's ID", "C11", linkSuite, []Edit{
		{"protocol/link/door.go", `	if d.link != nil && h.Nonce == d.nonce {`, `	if d.link != nil {`}}},
	{"the copies of what was received are not given back", "C12", linkSuite, []Edit{
		{"protocol/link/in.go", `	l.release(i, m.claim)
	i.t = m.last`, `	i.t = m.last`}}},
	{"the shared memory of a message in parts is not given back", "C12", linkSuite, []Edit{
		{"protocol/link/in_claim.go", `		b.queueFor(c.bytes).release(c.bytes)
`, ``}}},
}
