// Package rtc is the direct path between two peers: WebRTC data channels, set up
// with messages that something else carries. On native it is pion, on js the
// browser's RTCPeerConnection. Most programs want package sdk, which carries the
// messages over the relay.
//
//	p := rtc.New(rtc.Options{Offer: true, Signal: send})
//	defer p.Close()
//	p.Start()
//	// hand what the other peer's Signal sends to p.Handle, in order
//	ch, err := p.OpenChannel(ctx, "file")
//
// One of the two peers offers, always (Options.Offer), and the other answers: so
// two offers never cross. A peer that does not offer and needs a negotiation asks
// for an offer with NEGOTIATE. Both create the negotiated channel "intercessor"
// with ID 254: it gives each offer an application section, so that either side may
// open channels, and tells both when the direct path is up and when it ends. On it
// a peer says, with the ID as text, which channel of the other it has taken in. They create
// the channel with ID 253 in the same way. It is for a link (Options.Link): nothing is sent
// on it but by SendLink.
//
// No ICE server is contacted unless Options.ICEServers names one. Then only peers
// on one network, or one machine, find each other.
//
// On native the candidates are of at most 16 addresses of this host: one of each network
// of an interface. Those that lead only to its containers and virtual machines are left
// out, and loopback too, unless there are no others.
//
// # On js
//
// The API is the same for GOOS=js, except for what lies beneath it: PeerConnection
// returns the browser's RTCPeerConnection as a js.Value, and a program can have the
// browser's own data channels, whose bytes then do not pass through Go, with
// Options.OnDataChannel and Peer.OpenDataChannel. A browser does not let a
// receiver hold back a sender, so that a [Channel] ends with an error when more
// than 16 MiB wait to be received; on native the sender waits.
package rtc
