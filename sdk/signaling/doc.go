// Package signaling is a session with an Intercessor relay: a server peer or a
// client peer that sends and receives messages, and hears who comes and who goes.
// It knows nothing of WebRTC. Most programs want package sdk, which builds
// connections on it; this package is for programs that need only messages.
//
//	s, err := signaling.Dial(ctx, "wss://relay.example/server")
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	for {
//		e, err := s.Receive(ctx)
//		if err != nil {
//			return err // a *RelayError says how the session ended
//		}
//		if e.Kind == signaling.Delivered {
//			err = s.Send(ctx, e.Peer, "echo", e.Message)
//		}
//	}
//
// Always be receiving: a native session answers the relay's pings only while some
// goroutine is in [Session.Receive], and a relay whose messages are not taken
// closes the session.
//
// # On js
//
// The API is the same for GOOS=js, over the browser's WebSocket. It is a transport
// of our own, because a program must learn the close code and must get what came
// before the close. A browser tells neither the HTTP status of a refused WebSocket
// nor why a connection broke.
package signaling
