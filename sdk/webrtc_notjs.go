//go:build !js

package sdk

import "github.com/pion/webrtc/v4"

// PeerConnection returns the WebRTC connection to the other peer. The first call makes it.
// Add tracks and transceivers to it; the Conn negotiates. The client makes the offers, so a
// track of the server needs a transceiver that the client has added. Do not close it, and do
// not replace its handlers for OnNegotiationNeeded, OnICECandidate, OnConnectionStateChange
// and OnDataChannel. The error is ErrClosed, or pion's.
func (c *Conn) PeerConnection() (*webrtc.PeerConnection, error) {
	c.rtc.Start()
	pc, err := c.rtc.PeerConnection()
	return pc, ofPath(err)
}
