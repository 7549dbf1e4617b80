// Package signaling is a session with an Intercessor relay: a server peer or a
// client peer that sends and receives messages, and hears who comes and who goes.
// It knows nothing of WebRTC. Package sdk builds connections on it.
//
//	s, err := signaling.Open(ctx, "wss://relay.example/server", nil)
//	if err != nil {
//		return err
//	}
//	err = s.Serve(func(e signaling.Event) { ... }, signaling.Spare{}) // until the session has ended
//
// With a relay that speaks intercessor.v1 a session outlives its connections: it resumes by
// itself, under the same ID, and says so with [Lost] and [Connected]; [Away] and [Back]
// say the same of other peers. What was on its way when a connection broke may be lost.
// Package sdk adds the link, by which nothing is.
//
// # On js
//
// The API is the same for GOOS=js, over the browser's WebSocket. It is a transport
// of our own, because a program must learn the close code and must get what came
// before the close. A browser tells neither the HTTP status of a refused WebSocket
// nor why a connection broke.
package signaling
