package main

// muxSeeds are bugs in the order and the pace of what goes to the relay (W9).
var muxSeeds = []Seed{
	{"a message goes ahead of what is urgent", "W9", muxSuite, []Edit{
		{In: "sdk.mux.cut",
			Old: `of := link.Urgent`,
			New: `of := link.AllKinds`}}},
	{"streams wait as long as there are messages", "W9", muxSuite, []Edit{
		{In: "sdk.mux.cut",
			Old: `len(m.lines[withMessages]) == 0 || m.owed > 0 && m.streamsMayGo()`,
			New: `len(m.lines[withMessages]) == 0`}}},
	{"streams get more than their quarter", "W9", muxSuite, []Edit{
		{In: "sdk.mux.count",
			Old: `m.owed -= 3 * bytes`,
			New: ``}}},
	{"a link keeps its turn", "W9", muxSuite, []Edit{
		{In: "sdk.mux.take",
			Old: `m.lines[i] = append(m.lines[i], p)`,
			New: `m.lines[i] = append(line{p}, m.lines[i]...)`}}},
	{"a session takes all of its rate", "W9", muxSuite, []Edit{
		{In: "sdk.pace.take",
			Old: `link.Time(bytes)*link.Second/9*10/link.Time(rate)`,
			New: `link.Time(bytes)*link.Second/link.Time(rate)`}}},
	{"streams keep to no rate of their own", "W9", muxSuite, []Edit{
		{In: "sdk.mux.count",
			Old: `m.paces[1].take(now, bytes, limits.StreamRate)`,
			New: ``}}},
	{"streams that had to wait are not looked at again", "W9", muxSuite, []Edit{
		{In: "sdk.mux.pause",
			Old: `max(1, m.wait(&m.paces[1]))`,
			New: `m.wait(&m.paces[1])`}}},
}

// repairSeeds are bugs in the repair of a direct path (W6).
var repairSeeds = []Seed{
	{"a path that is suspect is restarted at once", "W6", ruleSuite, []Edit{
		{In: "protocol/link.Repair.noteUp",
			Old: `now + restartAfter + r.below(restartAfter)`,
			New: `now`}}},
	{"a PONG may take as long as an answer", "W6", ruleSuite, []Edit{
		{In: "protocol/link.Repair.Agreed",
			Old: `r.deadline = now + pongWithin`,
			New: ``}}},
	{"the pauses between attempts do not grow", "W6", ruleSuite, []Edit{
		{In: "protocol/link.Repair.Over",
			Old: `min(leastRetry<<min(r.tries, 10), mostRetry)`,
			New: `leastRetry`}}},
	{"a restart is negotiated while there is no relay", "W6", ruleSuite, []Edit{
		{In: "protocol/link.Repair.Next",
			Old: `!relay`,
			New: `false`}}},
	{"a timer that was held up ends an attempt", "W6", ruleSuite, []Edit{
		{In: "protocol/link.due",
			Old: `*at != 0 && now > *at+lateTimer`,
			New: `false`}}},
	{"a listener without capacity is asked again at once", "W6", ruleSuite, []Edit{
		{In: "protocol/link.Repair.Over",
			Old: `wait > 0`,
			New: `false`}}},
	{"no connection follows one that is over", "C17", bothSuite, []Edit{
		{In: "sdk.linked.mend",
			Old: `l.renew(now, l.direct.pc+1)`,
			New: ``}}},
}

// bothSeeds are bugs in what the SDK does with two paths and with byte streams (W2, W7, W8, S6).
var bothSeeds = []Seed{
	{"the loss of the relay is told as an absence although there is a direct path", "C17", bothSuite, []Edit{
		{In: "sdk.status.state",
			Old: `!s.direct && (s.offline || s.away)`,
			New: `s.offline || s.away`}}},
	{"a peer that the relay gives up is gone although there is a direct path", "C17", bothSuite, []Edit{
		{In: "sdk.linked.lose",
			Old: `!stands && !waits`,
			New: `true || waits`}}},
	{"a path is told to be direct for as long as its connection stands", "C17", bothSuite, []Edit{
		{In: "sdk.linked.path",
			Old: `l.direct.up`,
			New: `l.direct.stands()`}}},
	{"a peer that keeps to the relay makes and answers offers", "C18", bothSuite, []Edit{
		{In: "sdk.Dial",
			Old: `o.Paths != PathsRelay`,
			New: `true`},
		{In: "sdk.Listener.Accept",
			Old: `l.options.Paths != PathsRelay`,
			New: `true`},
		{In: "sdk.linked.mend",
			Old: `policy == link.Auto && begin || policy == link.DirectOnly`,
			New: `begin || policy == link.DirectOnly`}}},
	{"what must not cross the relay does so before the path is there", "C18", bothSuite, []Edit{
		{In: "protocol/link.Link.barred",
			Old: `s != Signalling && l.policy == DirectOnly`,
			New: `s != Signalling && l.policy == DirectOnly && l.up[Direct]`}}},
	{"the number of a stream's frame is one too high on the direct path", "C16", bothSuite, []Edit{
		{In: "protocol/link.Frame.AppendDirect",
			Old: `f.Header.N[Streams]`,
			New: `f.Header.N[Streams]+1`}}},
	{"a write says that it took all when only a part did fit", "C15", bothSuite, []Edit{
		{In: "sdk.Stream.Write",
			Old: `n += k`,
			New: `n = len(p)`}}},
	{"an application that waits for a stream is not woken", "C16", bothSuite, []Edit{
		{In: "sdk.linked.streamEffects",
			Old: `if e.Opened || e.StreamArrived { l.streams.arrived.ring() }`,
			New: `if e.Opened { l.streams.arrived.ring() }`}}},
	{"Close of a stream gives up what was written", "C16", bothSuite, []Edit{
		{In: "sdk.Stream.CloseWrite",
			Old: `s.end(s.link.CloseWrite)`,
			New: `s.end(func() { s.link.Abort(0, "") })`}}},
	{"the outcome of a stream is delivered when its end was sent", "C16", bothSuite, []Edit{
		{In: "sdk.linked.streamOutcome",
			Old: `case nil: return Outcome{Result: Result(kind)}, nil`,
			New: `case nil: return Outcome{Result: Delivered}, nil`}}},
	{"a stream ends with the path on which it began", "C16", bothSuite, []Edit{
		{In: "sdk.direct.look",
			Old: `l.PathDown(now, link.Direct)`,
			New: `l.PathDown(now, link.Direct); d.linked.abort(now, ErrClosed, ReasonBroken)`}}},
}
