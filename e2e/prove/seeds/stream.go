package main

// streamSeeds are bugs in byte streams (S1 to S7).
var streamSeeds = []Seed{
	{"credit is given twice", "S3", creditSuite, []Edit{
		{In: "protocol/link.streams.credit",
			Old: `from.credit = from.taken + uint64(from.window)`,
			New: `from.credit += uint64(from.window)`}}},
	{"an abort keeps what was not read", "S6", creditSuite, []Edit{
		{In: "protocol/link.streams.take",
			Old: `from.failed, from.over, from.ended = f.reason(), true, false; st.drop(s)`,
			New: `from.failed, from.over, from.ended = f.reason(), true, false`}}},
	{"done is sent before the end is read", "C16", streamSuite, []Edit{
		{In: "protocol/link.streams.take",
			Old: `from.over = from.over || from.stopped`,
			New: `st.readToEnd(s)`}}},
	{"what is sent again of streams begins one frame too late", "C16", streamSuite, []Edit{
		{In: "protocol/link.Link.ackReceived",
			Old: `o.next, o.flight = o.r+1, 0`,
			New: `o.next, o.flight = o.r+1, 0
				if o == &l.streams.sending && o.next < o.made { o.next++ }`}}},
	{"messages go before streams", "S4", creditSuite, []Edit{
		{In: "protocol/link.Link.give",
			Old: `l.turn = Data + Streams - s`,
			New: ``}}},
	{"a stream keeps its turn", "S4", creditSuite, []Edit{
		{In: "protocol/link.streams.cutData",
			Old: `st.takeTurn(s)`,
			New: `st.takeTurn(s)
				for s.inTurn && *st.turns.at(0) != s { st.turns.push(st.turns.pop()) }`}}},
	{"the last frame counts again after a change of path", "C15", streamSuite, []Edit{
		{In: "protocol/link.Link.receiveStream",
			Old: `n <= st.in.r`,
			New: `n < st.in.r`},
		{In: "protocol/link.Link.receiveStream",
			Old: `n != st.in.r+1 || l.ending.here || l.ending.there`,
			New: `n > st.in.r+1 || l.ending.here || l.ending.there`},
		{In: "protocol/link.Link.receiveStream",
			Old: `st.in.r++`,
			New: `st.in.r = n`}}},
	{"the end goes before what waits for credit", "C15", streamSuite, []Edit{
		{In: "protocol/link.streams.canSend",
			Old: `to.waiting == 0 && to.closed && !to.ended`,
			New: `to.closed && !to.ended`},
		{In: "protocol/link.streams.cutData",
			Old: `to.waiting == 0`,
			New: `to.waiting == 0 || to.sent >= to.credit`}}},
	{"an abort is read as the end", "C15", streamSuite, []Edit{
		{In: "protocol/link.streams.take",
			Old: `from.failed, from.over, from.ended = f.reason(), true, false`,
			New: `from.over, from.ended = true, true`}}},
	{"what is not acknowledged is forgotten with its memory", "S3", creditSuite, []Edit{
		{In: "protocol/link.streams.end",
			Old: `f.kind == kindData`,
			New: `false`}}},
	{"a binary message is taken for an acknowledgement", "L12", creditSuite, []Edit{
		{In: "protocol/link.Link.NextOf",
			Old: `p != Direct || !f.body`,
			New: `true`}}},
}
