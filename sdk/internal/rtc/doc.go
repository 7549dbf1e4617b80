// Package rtc implements the direct path between two peers: WebRTC data channels. The
// caller carries the messages of the negotiation. On native it uses pion, on js the
// browser's RTCPeerConnection.
//
//	p := rtc.New(rtc.Options{Offer: true, Signal: send})
//	defer p.Close()
//	p.Start()
//	// pass what the other peer's Signal sends to p.Handle, in order
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
// No ICE server is contacted unless Options.ICEServers or Options.RelayICEServers names
// one. Without a server, only peers on one network or one machine find each other.
//
// On native the candidates use at most 16 addresses of this host, one per network of an
// interface. Addresses of containers, virtual machines and loopback are left out unless
// there are no others.
//
// # On js
//
// The API is the same for GOOS=js, with these differences. PeerConnection returns the
// browser's RTCPeerConnection as a js.Value. Options.OnDataChannel and
// Peer.OpenDataChannel give a program the browser's own data channels, whose bytes do
// not pass through Go. In a browser a receiver cannot slow a sender down, so a [Channel]
// ends with an error when more than 16 MiB wait to be received. On native the sender
// blocks.
package rtc
