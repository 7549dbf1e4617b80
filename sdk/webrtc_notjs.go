//go:build !js

package sdk

import (
	"context"

	"github.com/pion/webrtc/v4"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// PeerConnection returns the WebRTC connection to the other peer. It makes one if there
// is none.
// Add tracks and transceivers to it at any time; the Conn negotiates. Do not close it, and do
// not replace its handlers for OnNegotiationNeeded, OnICECandidate, OnConnectionStateChange
// and OnDataChannel. After its end another may follow, which has nothing of what was added to
// it: see NextPeerConnection. The error is ErrClosed, or pion's.
func (c *Conn) PeerConnection() (*webrtc.PeerConnection, error) {
	c.rtc.start()
	pc, err := c.rtc.now().PeerConnection()
	return pc, ofPath(err)
}

// NextPeerConnection waits until PeerConnection returns another one than last, and returns that.
// A program with tracks calls it in a loop and adds them to each. Errors: ErrClosed, how the Conn
// ended, ctx.Err().
func (c *Conn) NextPeerConnection(ctx context.Context, last *webrtc.PeerConnection) (*webrtc.PeerConnection, error) {
	var pc *webrtc.PeerConnection
	err := c.rtc.other(ctx, func(p *rtc.Peer) (another bool, err error) {
		pc, err = p.PeerConnection()
		return err == nil && pc != last, err
	})
	return pc, ofPath(err)
}
