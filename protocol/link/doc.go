// Package link is the reliable link between two peers of Intercessor: each message
// is handed out once and in order, and each sender learns what became of it,
// whatever happens to connections and relays in between. PROTOCOL.md beside package
// protocol is the norm; comments cite its rules as L1, L2 and so on.
//
// It is a pure state machine. Events and the time go in; frames, messages and
// outcomes come out. It starts no goroutine, reads no clock, draws no random
// number, does no input or output and holds no lock: whoever drives a link holds
// a lock of their own around each call. Only a [Budget] may be shared by links that
// run at the same time.
//
// # Driving a link
//
// For each peer there is a [Door]. Each message of that peer that has a header goes
// through it, and comes out at a [Link]:
//
//	header, err := link.ParseHeader(delivery.Link)
//	if err != nil {
//		entry = door.Malformed(now)
//	} else {
//		entry = door.Receive(now, delivery.Type, message, &header)
//	}
//	// send entry.Reply, accept entry.Link if entry.Opened, end entry.Replaced
//
// After each call of a link, whatever it was, its driver does three things:
//
//	for f, ok := l.Next(now); ok; f, ok = l.Next(now) {
//		buf = f.Append(buf[:0], peer)
//		// write buf to the path
//	}
//	e := l.Effects()
//	// tell outcomes, wake who waits in Send (e.Room) or in Receive (e.Arrived, e.Ended)
//	e.Reset()
//	timer.Reset(l.Wake() - now) // then: l.Tick(now)
//
// Frames are pulled, not pushed: a driver whose path takes no more stops calling
// Next, and goes on when there is room. Acknowledgements are those of the moment in
// which the frame is pulled. An application's Receive is [Link.Take], which hands
// the message out and records that it did in one step (L5).
//
// A client's link is there from the start; it sends LINK_OPEN as soon as it is told
// of a path, and takes sends before it is open. A server's link appears with the
// first message of a client that was offered one.
//
// # What is bounded
//
// A link holds at most, each way and sequence, its window or Config.Hold and one
// message in parts more, up to 16 MiB, whose memory grows with what has come of it.
// All links of a Budget hold no more than that together, but for what each link can
// hold beside it, so that no other link can silence it: 64 KiB of data in whole
// frames, a window of signalling, and for each sequence 128 KiB of messages in parts.
// What does not fit is declined: not counted, not acknowledged, and sent again by the
// other side (L4). An unfinished message ends its link if its next part does not come,
// or if it comes too slowly while another waits for its memory (L7).
//
// A hostile peer can do no more than end the link, with one of the Why constants:
// what it sends costs no memory beyond these bounds, and at most one frame in
// answer to each of its own.
package link
