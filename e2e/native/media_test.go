package native_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// camera adds a video track to a side and sends on it until the test ends.
func camera(t *testing.T, c *sdk.Conn, id string) *webrtc.RTPSender {
	t.Helper()
	pc, err := c.PeerConnection()
	require.NoError(t, err)
	return film(t, pc, id)
}

func film(t *testing.T, pc *webrtc.PeerConnection, id string) *webrtc.RTPSender {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, id, id)
	require.NoError(t, err)
	sender, err := pc.AddTrack(track)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = track.WriteSample(media.Sample{Data: []byte(id), Duration: 20 * time.Millisecond})
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return sender
}

// watch returns the tracks from which something has come, by their IDs.
func watch(t *testing.T, pc *webrtc.PeerConnection) <-chan string {
	t.Helper()
	seen := make(chan string, 10)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if _, _, err := track.ReadRTP(); err == nil {
			seen <- track.ID()
		}
	})
	return seen
}

func sees(t *testing.T, seen <-chan string, id string) {
	t.Helper()
	select {
	case got := <-seen:
		require.Equal(t, id, got)
	case <-patience.Context(t).Done():
		t.Fatalf("nothing came of track %s", id)
	}
}

// A server adds tracks at any time, for which the client does nothing (M1); then the client; and
// both again on the connection that follows (M2).
func TestNativeM1Tracks(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server, client := direct(t, relay)
	viewer, err := client.PeerConnection()
	require.NoError(t, err)
	seen := watch(t, viewer)
	there, err := server.PeerConnection()
	require.NoError(t, err)
	back := watch(t, there)

	camera(t, server, "front")
	sees(t, seen, "front")
	camera(t, server, "rear")
	sees(t, seen, "rear")
	camera(t, client, "visitor")
	sees(t, back, "visitor")

	cut(t, client)
	viewer, err = client.NextPeerConnection(patience.Context(t), viewer)
	require.NoError(t, err)
	seen = watch(t, viewer)
	there, err = server.NextPeerConnection(patience.Context(t), there)
	require.NoError(t, err)
	film(t, there, "again")
	sees(t, seen, "again")
}
