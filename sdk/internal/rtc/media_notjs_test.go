//go:build !js

package rtc_test

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// video returns a track for the answering side.
func video(t testing.TB, id string) *webrtc.TrackLocalStaticSample {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, id, "camera")
	require.NoError(t, err)
	return track
}

func TestTrackOfTheAnsweringSide(t *testing.T) {
	p := newPair(t)
	camera, err := p.answering.PeerConnection()
	require.NoError(t, err)
	sender, err := camera.AddTrack(video(t, "front"))
	require.NoError(t, err)

	viewer, err := p.offering.PeerConnection()
	require.NoError(t, err)
	_, err = viewer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	require.NoError(t, err)

	open(t, p.offering, p.answering, "control")
	require.Eventually(t, func() bool {
		return len(sender.GetParameters().Codecs) > 0 && viewer.SignalingState() == webrtc.SignalingStateStable
	}, 2*time.Minute, 10*time.Millisecond, "the viewer's transceiver has room for the camera's track")
}

func TestTrackThatNoOfferHasRoomForIsNotAskedForAgainAndAgain(t *testing.T) {
	p := newPair(t)
	camera, err := p.answering.PeerConnection()
	require.NoError(t, err)
	_, err = camera.AddTrack(video(t, "front"))
	require.NoError(t, err)
	open(t, p.answering, p.offering, "control")

	// One more track needs one more NEGOTIATE, and no more follow.
	_, err = camera.AddTrack(video(t, "back"))
	require.NoError(t, err)
	a, b := open(t, p.offering, p.answering, "later")
	for range 20 {
		sendText(t, a, "ping")
		wantText(t, b, "ping")
	}
	require.LessOrEqual(t, p.count("NEGOTIATE"), 3)
	require.LessOrEqual(t, p.count("OFFER"), 4)
}

// Rounds follow each other at once, before ICE has begun, as often as not.
func TestRoundsThatFollowEachOther(t *testing.T) {
	for range 30 {
		p := newPair(t)
		camera, err := p.answering.PeerConnection()
		require.NoError(t, err)
		_, err = camera.AddTrack(video(t, "front"))
		require.NoError(t, err)
		open(t, p.answering, p.offering, "control")
	}
}
