package link

// While another message waits for memory, a message that holds some of it must bring a
// paceShare'th of its length within each paceWithin: the more memory it holds, the faster
// it must come (L7). So it is complete within 8 minutes, and one of which only a byte
// comes now and then ends after 30 seconds. The clock runs without a path as well,
// because a peer that is away delays the others just as much.
const (
	paceWithin = 30 * Second
	paceShare  = 16
)

// pace measures how fast a message in parts comes.
type pace struct {
	at   Time // when the interval began
	from int  // how much had come by then
}

// startPace starts the clock. After a declined part it starts later, by the time that the
// sender's timer may take.
func (i *incoming) startPace(now Time) { i.pace = pace{max(now, i.partAt), len(i.buf)} }

// measurePace restarts the clock if enough has come.
func (i *incoming) measurePace(now Time) {
	if i.shares() && len(i.buf)-i.pace.from >= i.of/paceShare {
		i.startPace(now)
	}
}

// paceWake returns when enough must have come of the unfinished message. 0 means never.
func (l *Link) paceWake(i *incoming) Time {
	if i.of == 0 || !i.shares() {
		return 0
	}
	return i.pace.at + paceWithin
}

// paceTick ends the link if its message comes too slowly and another waits. After a
// suspension of this program the clock restarts, because nothing could arrive.
func (l *Link) paceTick(now Time, i *incoming) {
	switch at := l.paceWake(i); {
	case at == 0 || now < at:
	case l.config.Budget.queueFor(i.of).isWanted() && now < at+paceWithin:
		l.fail(WhySlow)
	default:
		i.startPace(now)
	}
}
