// Package sdk is for the peers of Intercessor: programs that find each other over its relay,
// exchange messages through it, and then talk directly over WebRTC. Losing the relay does not
// affect a direct path that is up.
//
// One peer listens, and tells the others its ID or its client URL:
//
//	ln, err := sdk.Listen(ctx, "wss://relay.example/server", nil)
//	for {
//		conn, err := ln.Accept(ctx)
//		go serve(conn) // conn.Receive, conn.Send, conn.AcceptStream, conn.AcceptChannel
//	}
//
// The others dial it:
//
//	conn, err := sdk.Dial(ctx, "wss://relay.example/client/ID", nil)
//	receipt, err := conn.Send(ctx, sdk.Message{Type: "chat", Data: []byte(`"hello"`)})
//	outcome, err := receipt.Outcome(ctx)     // if you care: delivered, refused or unknown
//	stream, err := conn.OpenStream(ctx, "file") // bytes, as over TCP
//	ch, err := conn.OpenChannel(ctx, "game")    // a data channel, not through the relay
//
// # Paths
//
// Messages and streams take the direct path while there is one, and the relay otherwise. A Conn
// looks for a direct path by itself, and so each peer learns the addresses of the other, unless
// Options.Paths is [PathsRelay] on one side. A path that breaks is repaired or made anew, and
// messages and streams go on; channels and media end with the path on which they were made.
//
// # Streams
//
// A [Stream] carries bytes in both directions, as a TCP connection does, over whatever path
// there is. It is what files, HTTP and other protocols need. On native a *Stream is a
// [net.Conn], [Listener.Streams] is a [net.Listener], and [Conn.DialContext] fits into a
// [net/http.Transport], so that a program without an open port can serve another one. Pages have
// fetchFrom for that (wasm/js/fetch.d.ts). Messages
// that the other side does not receive hold up the sender of messages, and a stream that it does
// not read holds up that stream only. There is no order between streams, nor between streams and
// messages. Both peers need a version of the SDK that has streams: OpenStream returns an error
// that matches [errors.ErrUnsupported] otherwise. If the operator of the relay carries no byte
// streams, they need the direct path: OpenStream waits for it.
//
// # Who sees what
//
// A client exchanges messages only with its server, and a server with each of its clients.
// There is one [Conn] for each.
//
// # Lifetimes
//
// With a relay that speaks intercessor.v1, as relayd does, Conns survive the loss of the
// connection to the relay: when the network was gone, the relay was restarted or the machine
// slept. During that time [Conn.State] is Reconnecting. The SDK reconnects under the same ID, and the
// Conns continue. Each message arrives once and in order, or its receipt says that it did not,
// or that this cannot be known. A Conn ends when one side closes it, when a peer is away for
// more than about a minute, and when a peer's program restarts: the new program does not know
// what was sent before, and gets a new Conn.
//
// Options.IdentityFile lets a server keep its ID over restarts of its program:
//
//	ln, err := sdk.Listen(ctx, url, &sdk.Options{IdentityFile: "id"})
//
// # Contexts and errors
//
// A context bounds only the call that gets it: no session, connection or channel ends with
// it. A call whose result is ready succeeds even if its context has ended.
//
// Errors are values to branch on: a *[RelayError] when the relay cannot be reached or ends
// the session (errors.Is(err, [ErrNoSuchServer]) when the ID is wrong), [ErrPeerGone] when
// the other peer left, [ErrRestarted] when it was restarted, [ErrGivenUp] when this peer was
// away for too long, an *[ICEError] when the peers find no direct path, and [ErrClosed] after
// Close, [Conn.CloseContext] and [Conn.Abort]. Close waits some seconds for the delivery of
// messages, CloseContext waits until a context ends, and Abort ends a Conn at once.
//
// # On js
//
// The API is the same for GOOS=js, with these differences. Options has a field Identity
// instead of IdentityFile: the page stores this peer's identity. For programs whose
// JavaScript uses the browser's own objects, Options has a field
// OnDataChannel func(*Conn, js.Value). It is called with each RTCDataChannel that the other
// peer opens, within the browser's event, and AcceptChannel returns none. Conn has a method
// OpenDataChannel(ctx, label, init) (js.Value, error), which returns an open RTCDataChannel.
// PeerConnection returns the RTCPeerConnection as a js.Value; on native it returns pion's
// *webrtc.PeerConnection.
//
// A Stream has no LocalAddr and RemoteAddr there, because package net is large, and there is no
// Listener.Streams and no Conn.DialContext.
//
// In a browser a receiver cannot slow a sender down: on js a [Channel] ends with ErrOverflow
// when 16 MiB wait in it. On native the sender blocks.
//
// In a JavaScript callback, call this package only from a new goroutine: a call that blocks
// in a callback never returns.
package sdk
