package browser_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

const (
	goodputFor    = 2 * time.Second
	goodputWarmup = time.Second
	goodputChunk  = 16 << 10
	goodputUnsent = 1 << 20 // waits at most at a raw channel
)

// BenchmarkGoodputToChromium measures how many bytes a second a page gets from a native peer: on one
// byte stream over the direct path, and by turns on a raw RTCDataChannel, whose native end is pion
// with its own settings. Each turn of both is one iteration:
//
//	go test -run '^$' -bench GoodputToChromium -benchtime 5x ./e2e/browser
func BenchmarkGoodputToChromium(b *testing.B) {
	relay := relayproc.StartBinary(b, relayproc.Build(b, "relayd"))
	page := chromium.Start(b).OpenSDK(relay.HTTP)
	page.Do(`globalThis.got = { stream: 0, raw: 0 }`)
	send := map[string]func([]byte) error{"stream": streamTo(b, relay, page), "raw": rawTo(b, page)}
	rates := map[string][]float64{}
	var ratios []float64
	for b.Loop() {
		for _, by := range []string{"raw", "stream"} {
			rates[by] = append(rates[by], rateOf(b, page, by, send[by]))
		}
		last := len(ratios)
		ratios = append(ratios, rates["stream"][last]/rates["raw"][last])
	}
	b.ReportMetric(0, "ns/op") // it would be the time of the measurement
	for by, list := range rates {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], by+"-MB/s")
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(ratios[0], "ratio-min")
	b.ReportMetric(ratios[len(ratios)-1], "ratio-max")
}

// rateOf returns how many MB a second the page gets. When it returns nothing is under way.
func rateOf(b *testing.B, page *chromium.Tab, by string, send func([]byte) error) float64 {
	var sent atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	before := chromium.Eval[int64](page, `got[a]`, by)
	go func() {
		data := make([]byte, goodputChunk)
		for ctx.Err() == nil {
			if err := send(data); err != nil {
				ended <- err
				return
			}
			sent.Add(goodputChunk)
		}
		ended <- nil
	}()
	rate := chromium.Eval[float64](page, `(async () => {
		await new Promise((resolve) => setTimeout(resolve, b))
		const first = got[a], began = performance.now()
		await new Promise((resolve) => setTimeout(resolve, c))
		return (got[a] - first) / (performance.now() - began) / 1000
	})()`, by, goodputWarmup.Milliseconds(), goodputFor.Milliseconds())
	stop()
	require.NoError(b, <-ended)
	page.WaitFor("all that was sent", `got[a] === b`, by, before+sent.Load())
	require.Positive(b, rate)
	return rate
}

// streamTo opens a stream to the page, which counts what comes.
func streamTo(b *testing.B, relay *relayproc.Relay, page *chromium.Tab) func([]byte) error {
	ctx := patience.Context(b)
	ln, err := sdk.Listen(ctx, relay.WS+"/server", &sdk.Options{Paths: sdk.PathsDirect})
	require.NoError(b, err)
	b.Cleanup(func() { _ = ln.Close() })
	page.Do(`const conn = globalThis.conn = await sdk.connect(a, { paths: "direct" })
		;(async () => {
			for await (const { readable } of conn.incomingBidirectionalStreams) {
				for await (const data of readable) got.stream += data.length
			}
		})().catch(() => {}) // the listener's end is that of the stream`, ln.ClientURL())
	conn, err := ln.Accept(ctx)
	require.NoError(b, err)
	s, err := conn.OpenStream(ctx, "bench")
	require.NoError(b, err)
	return func(data []byte) error {
		_, err := s.Write(data)
		return err
	}
}

// rawTo opens a raw data channel to the page, which counts what comes.
func rawTo(b *testing.B, page *chromium.Tab) func([]byte) error {
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = pc.Close() })
	channel, err := pc.CreateDataChannel("bench", nil)
	require.NoError(b, err)
	opened, low := make(chan struct{}), make(chan struct{}, 1)
	channel.OnOpen(func() { close(opened) })
	channel.SetBufferedAmountLowThreshold(goodputUnsent / 2)
	channel.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	offer, err := pc.CreateOffer(nil)
	require.NoError(b, err)
	gathered := webrtc.GatheringCompletePromise(pc)
	require.NoError(b, pc.SetLocalDescription(offer))
	<-gathered
	answer := chromium.Eval[string](page, `(async () => {
		const pc = globalThis.raw = new RTCPeerConnection()
		pc.ondatachannel = ({ channel }) => {
			channel.binaryType = "arraybuffer"
			channel.onmessage = ({ data }) => (got.raw += data.byteLength)
		}
		await pc.setRemoteDescription({ type: "offer", sdp: a })
		await pc.setLocalDescription()
		while (pc.iceGatheringState !== "complete") await new Promise((resolve) => (pc.onicegatheringstatechange = resolve))
		return pc.localDescription.sdp
	})()`, pc.LocalDescription().SDP)
	require.NoError(b, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
	select {
	case <-opened:
	case <-patience.Context(b).Done():
		b.Fatal("the raw data channel does not open")
	}
	return func(data []byte) error {
		for channel.BufferedAmount() > goodputUnsent {
			<-low
		}
		return channel.Send(data)
	}
}
