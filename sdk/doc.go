// Package sdk is for the peers of Intercessor: programs that find each other over
// its relay, exchange messages through it, and then talk directly, over WebRTC. The
// relay is needed until the direct path is up; what is on the direct path goes on
// without it.
//
// One peer listens, and tells the others its ID or its client URL:
//
//	ln, err := sdk.Listen(ctx, "wss://relay.example/server", nil)
//	for {
//		conn, err := ln.Accept(ctx)
//		go serve(conn) // conn.Receive, conn.Send, conn.AcceptChannel
//	}
//
// The others dial it:
//
//	conn, err := sdk.Dial(ctx, "wss://relay.example/client/ID", nil)
//	receipt, err := conn.Send(ctx, sdk.Message{Type: "chat", Data: []byte(`"hello"`)})
//	outcome, err := receipt.Outcome(ctx)     // if you care: delivered, refused or unknown
//	ch, err := conn.OpenChannel(ctx, "file") // a data channel, past the relay
//
// # Paths
//
// Messages take the direct path while there is one, and the relay otherwise. A Conn looks for
// a direct path by itself, and so each peer learns the addresses of the other, unless
// Options.Paths is [PathsRelay] on one side. A path that breaks is repaired or made anew, and the
// messages go on; channels and media end with the path on which they were made.
//
// # Who sees what
//
// A peer sees only its own side: a client exchanges messages with its server, a
// server with each of its clients, by one [Conn] each.
//
// # What outlives what
//
// With a relay that speaks intercessor.v1, as relayd does, nothing ends with a connection
// to the relay. It is opened again, under the same ID, and the Conns go on where they
// were, whether the network was gone for a while, the relay was killed and started again,
// or the machine slept: [Conn.State] is then Reconnecting. Each message that was
// sent arrives once and in order, or its receipt says that it did not, or that this cannot
// be known. A Conn ends when one side closes it, when a peer is away for more than a
// minute or so, and when a peer's program is started anew: that has no memory of what was
// sent, and so gets a Conn of its own.
//
// Options.IdentityFile lets a server keep its ID over restarts of its program:
//
//	ln, err := sdk.Listen(ctx, url, &sdk.Options{IdentityFile: "id"})
//
// # Contexts and errors
//
// A context bounds the waiting of the call that gets it, and nothing else: no
// session, connection or channel ends with it. A call whose result is there already
// succeeds even if its context has ended.
//
// Errors are values to branch on: a *[RelayError] when the relay cannot be reached or ends
// the session (errors.Is(err, [ErrNoSuchServer]) when the ID is wrong), [ErrPeerGone] when
// the other peer left, [ErrRestarted] when it was started anew, [ErrGivenUp] when this one
// was away for too long, an *[ICEError] when the peers find no direct path, and [ErrClosed]
// after Close, [Conn.CloseContext] and [Conn.Abort]. Close delivers what was sent, as far as that
// takes seconds, CloseContext as far as a context allows, and Abort ends a Conn at once.
//
// # On js
//
// The API is the same for GOOS=js, with a few differences. Instead of a file Options
// has a field Identity, by which the page keeps who this peer is. For programs whose
// JavaScript wants the browser's own objects, Options has a field
// OnDataChannel func(*Conn, js.Value), which gets each RTCDataChannel that the other
// peer opens, in the browser's own event, so that AcceptChannel returns none. Conn
// has a method OpenDataChannel(ctx, label, init) (js.Value, error), which returns an
// RTCDataChannel that is open. And PeerConnection returns the RTCPeerConnection as
// a js.Value, where on native it returns pion's *webrtc.PeerConnection.
//
// A browser does not let a receiver hold back a sender: on js a [Channel] ends with
// ErrOverflow when 16 MiB wait in it, where on native the sender waits.
//
// Nothing here may be called in a JavaScript callback without a goroutine: calls
// that wait would wait for the callback to end.
package sdk
