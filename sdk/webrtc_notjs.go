//go:build !js

package sdk

import "github.com/pion/webrtc/v4"

// PeerConnection returns the WebRTC connection to the other peer. It makes one if there
// is none.
// Add tracks and transceivers to it; the Conn negotiates. The client makes the offers, so a
// track of the server needs a transceiver that the client has added. Do not close it, and do
// not replace its handlers for OnNegotiationNeeded, OnICECandidate, OnConnectionStateChange
// and OnDataChannel. After its end another may follow, which has nothing of what was added to it.
// The error is ErrClosed, or pion's.
func (c *Conn) PeerConnection() (*webrtc.PeerConnection, error) {
	c.rtc.start()
	pc, err := c.rtc.now().PeerConnection()
	return pc, ofPath(err)
}
