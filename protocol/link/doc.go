// Package link is the reliable layer between two peers of Intercessor. The application
// gets each message once and in order, and each sender learns what became of its
// message, whatever happens to connections and relays in between. PROTOCOL.md in package
// protocol is the norm; comments cite its rules as L1, L2 and so on.
//
// A link is a pure state machine. Events and the time go in; frames, messages and
// outcomes come out. It starts no goroutine, reads no clock, draws no random number,
// does no input or output and has no lock: its driver holds a lock around each call.
// Only a [Budget] may be shared by links that run concurrently.
//
// # Driving a link
//
// Each peer has a [Door]. The driver passes each message of that peer that has a header
// to the door, which passes it to the right [Link]:
//
//	header, err := link.ParseHeader(delivery.Link)
//	if err != nil {
//		entry = door.Malformed(now)
//	} else {
//		entry = door.Receive(now, delivery.Type, message, &header)
//	}
//	// send entry.Reply, accept entry.Link if entry.Opened, end entry.Replaced
//
// After each call of a link its driver does three things:
//
//	for f, ok := l.Next(now); ok; f, ok = l.Next(now) {
//		buf = f.Append(buf[:0], peer)
//		// write buf to the path
//	}
//	e := l.Effects()
//	// report outcomes, wake waiting Sends (e.Room) and Receives (e.Arrived, e.Ended)
//	e.Reset()
//	timer.Reset(l.Wake() - now) // then: l.Tick(now)
//
// Frames are pulled, not pushed. A driver whose path is full stops calling Next, and
// continues when the path has space. A frame carries the acknowledgements of the moment
// in which it is pulled. The application's Receive calls [Link.Take], which returns the
// message and records in the same step that the application has it (L5).
//
// A client's link exists from the start. It sends LINK_OPEN as soon as it has a path,
// and accepts sends before it is open. A server's link comes into being with the first
// message of a client to which one was offered.
//
// # Limits
//
// For each direction and sequence, a link holds at most its window or Config.Hold, and
// one more message in parts of up to 16 MiB, whose memory grows with what has arrived of
// it. All links of a Budget together hold no more than the budget, plus what each link
// can always hold, so that no other link can block it: 64 KiB of data in whole frames, a
// window of signalling, and for each sequence 128 KiB of messages in parts. What does
// not fit is declined: not counted, not acknowledged, and sent again by the other side
// (L4). An unfinished message ends its link if its next part does not come, or if it
// comes too slowly while another message waits for its memory (L7).
//
// A hostile peer can only end its link, with one of the Why constants. What it sends
// takes no memory beyond these limits, and causes at most one frame in answer to each of
// its own.
package link
