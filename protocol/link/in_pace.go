package link

// While another message waits for memory, a message that has some of the same must
// bring a paceShare'th of its length within each paceWithin: the more it keeps from
// others, the faster it must come (L7). So it is whole within 8 minutes, and one of
// which only a byte comes at times ends after 30 seconds. The clock runs without a
// path as well: a peer that is away delays the others as much.
const (
	paceWithin = 30 * Second
	paceShare  = 16
)

// pace is how fast a message in parts comes.
type pace struct {
	at   Time // since when
	from int  // how much had come then
}

// startPace starts the clock, after the time that the sender's timer may take if a
// part was declined.
func (i *incoming) startPace(now Time) { i.pace = pace{max(now, i.partAt), len(i.buf)} }

// measurePace starts the clock again if enough has come.
func (i *incoming) measurePace(now Time) {
	if i.shares() && len(i.buf)-i.pace.from >= i.of/paceShare {
		i.startPace(now)
	}
}

// paceWake returns when enough must have come of the message that is put together; 0
// means never.
func (l *Link) paceWake(i *incoming) Time {
	if i.of == 0 || !i.shares() {
		return 0
	}
	return i.pace.at + paceWithin
}

// paceTick ends the link if its message comes too slowly and another waits. A program
// that slept heard nothing, so the clock starts again.
func (l *Link) paceTick(now Time, i *incoming) {
	switch at := l.paceWake(i); {
	case at == 0 || now < at:
	case l.config.Budget.queueFor(i.of).isWanted() && now < at+paceWithin:
		l.fail(WhySlow)
	default:
		i.startPace(now)
	}
}
