package browser_test

import (
	"sync"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// filming has a page show the tracks that come on a connection, count the frames that it has
// decoded of each, and have cameras of its own.
const filming = `
globalThis.shown = []
globalThis.watch = (pc) => pc.addEventListener("track", ({ track }) => {
	const video = document.createElement("video")
	video.muted = true
	video.srcObject = new MediaStream([track])
	video.play().catch(() => {})
	shown.push(video)
})
globalThis.frames = (n) => shown[n]?.getVideoPlaybackQuality().totalVideoFrames ?? 0
globalThis.camera = async () => (await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } })).getTracks()[0]
`

// decodes waits until a page has decoded some more frames of its nth track.
func decodes(p *chromium.Tab, n int) {
	p.T.Helper()
	before := chromium.Eval[int](p, `frames(a)`, n)
	p.WaitFor("frames", `frames(a) > b + 5`, n, before)
}

// A camera call of two pages, in which each adds and removes tracks as it likes (M1).
func TestM1CallOfTwoPages(t *testing.T) {
	t.Parallel()
	s := newStage(t, relayproc.Start(t).HTTP)
	host, guest := s.pair()
	for _, a := range []*actor{host, guest} {
		a.Do(filming + `
			globalThis.pc = talks[0].conn.pc
			watch(pc)
			globalThis.add = async () => { globalThis.sender = pc.addTrack(await camera()) }`)
	}
	host.Do(`await add()`) // for which the guest does nothing
	decodes(guest.Tab, 0)
	guest.Do(`await add()`)
	decodes(host.Tab, 0)
	host.Do(`globalThis.first = sender; await add()`)
	decodes(guest.Tab, 1)
	decodes(guest.Tab, 0)

	host.Do(`pc.removeTrack(first)`)
	guest.WaitFor("the end of the first track", `pc.getTransceivers().some(({ currentDirection, sender }) => currentDirection !== "sendrecv" && !sender.track || currentDirection === "sendonly")`)
	decodes(guest.Tab, 1)
	host.Do(`await add()`)
	guest.WaitFor("frames of it", `shown.length > 2 ? frames(2) > 5 : frames(0) > a + 5`, chromium.Eval[int](guest.Tab, `frames(0)`))
}

// A native server shows to a page that does nothing but watch what the camera of another one films.
func TestM1NativeServerShowsACamera(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	browser := chromium.Start(t)
	enter := func() (*chromium.Tab, *webrtc.PeerConnection) {
		p := browser.OpenSDK(relay.HTTP)
		p.Do(filming+`globalThis.conn = await sdk.connect(a); globalThis.pc = conn.pc; watch(pc)`, ln.ClientURL())
		pc, err := sdkpeer.Accept(t, ln).PeerConnection()
		require.NoError(t, err)
		return p, pc
	}
	films, from := enter()
	watches, to := enter()

	var running sync.WaitGroup
	t.Cleanup(running.Wait) // which the end of the listener's connections brings
	t.Cleanup(func() { _ = ln.Close() })
	from.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		local, err := webrtc.NewTrackLocalStaticRTP(remote.Codec().RTPCodecCapability, "camera", "camera")
		if err != nil {
			return
		}
		sender, err := to.AddTrack(local)
		if err != nil {
			return
		}
		running.Go(func() {
			for { // the page asks for a whole picture
				if _, _, err := sender.ReadRTCP(); err != nil {
					return
				}
				_ = from.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(remote.SSRC())}})
			}
		})
		running.Go(func() {
			for {
				packet, _, err := remote.ReadRTP()
				if err != nil || local.WriteRTP(packet) != nil {
					return
				}
			}
		})
	})
	films.Do(`pc.addTrack(await camera())`)
	decodes(watches, 0)
}

// Two pages that use nothing but the relay's own TURN server hold a call.
func TestM1CallThroughTheRelaysTURNServer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--turn-enabled")
	browser := chromium.Start(t)
	host, guest := browser.OpenSDK(relay.HTTP), browser.OpenSDK(relay.HTTP)
	const turned = filming + `
		globalThis.film = async (conn) => {
			conn.pc.setConfiguration({ ...conn.pc.getConfiguration(), iceTransportPolicy: "relay" })
			globalThis.pc = conn.pc
			watch(pc)
			pc.addTrack(await camera())
		}
`
	const asked = `{ paths: "relay" }` // no path is made before its policy is set
	host.Do(turned+`
		globalThis.ln = await sdk.listen(a, `+asked+`)
		globalThis.joined = (async () => { for await (const conn of ln) return film(conn) })()`, relay.WS+"/server")
	guest.Do(turned+`await film(await sdk.connect(a, `+asked+`))`, chromium.Eval[string](host, `ln.url`))
	host.Do(`await joined`)
	decodes(host, 0)
	decodes(guest, 0)
	for _, p := range []*chromium.Tab{host, guest} {
		require.Equal(t, "relay,relay", chromium.Eval[string](p, `(async () => {
			const stats = await pc.getStats()
			const pair = stats.get([...stats.values()].find(({ type }) => type === "transport").selectedCandidatePairId)
			return [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id).candidateType).join()
		})()`))
	}
}
