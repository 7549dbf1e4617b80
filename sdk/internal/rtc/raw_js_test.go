package rtc_test

import (
	"strconv"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// newRawPair is newPair with an answering side that uses the browser's own channels.
func newRawPair(t testing.TB, onDataChannel func(js.Value)) *pair {
	p := &pair{}
	p.offering = rtc.New(rtc.Options{Offer: true, Signal: p.wire(&p.answering)})
	raw := rtc.Options{Signal: p.wire(&p.offering)}
	raw.OnDataChannel = onDataChannel
	p.answering = rtc.New(raw)
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	return p
}

func TestChannelsOfTheBrowsersOwn(t *testing.T) {
	const messages = 100
	got := make(chan string, messages)
	onMessage := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- args[0].Get("data").String()
		return nil
	})
	defer onMessage.Release()
	p := newRawPair(t, func(channel js.Value) { channel.Set("onmessage", onMessage) })

	opened, err := p.offering.OpenDataChannel(within(t), "raw", js.Undefined())
	require.NoError(t, err)
	require.Equal(t, "open", opened.Get("readyState").String())
	require.Equal(t, "raw", opened.Get("label").String())
	for i := range messages {
		opened.Call("send", strconv.Itoa(i))
	}
	for i := range messages {
		require.Equal(t, strconv.Itoa(i), <-got)
	}
}

func TestMessagesThatComeBeforeTheCallerHasTheChannel(t *testing.T) {
	// The other side sends within the event that brings the channel.
	p := newRawPair(t, func(channel js.Value) {
		channel.Call("send", "early")
		channel.Call("send", js.Global().Get("Uint8Array").New(3))
	})
	for range 20 {
		got := make(chan js.Value, 2)
		onMessage := js.FuncOf(func(_ js.Value, args []js.Value) any {
			got <- args[0].Get("data")
			return nil
		})
		opened, err := p.offering.OpenDataChannel(within(t), "raw", js.Undefined())
		opened.Set("onmessage", onMessage)
		require.NoError(t, err)
		require.Equal(t, "early", (<-got).String())
		require.Equal(t, 3, (<-got).Get("byteLength").Int())
		opened.Set("onmessage", js.Null())
		onMessage.Release()
	}
}

func TestRawChannelThatIsClosedAtOnceStillArrives(t *testing.T) {
	got := make(chan string, 1)
	onMessage := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- args[0].Get("data").String()
		return nil
	})
	defer onMessage.Release()
	p := newRawPair(t, func(channel js.Value) { channel.Set("onmessage", onMessage) })
	for i := range 5 {
		opened, err := p.offering.OpenDataChannel(within(t), "short", js.Undefined())
		require.NoError(t, err)
		opened.Call("send", strconv.Itoa(i))
		opened.Call("close")
		select {
		case text := <-got:
			require.Equal(t, strconv.Itoa(i), text)
		case <-within(t).Done():
			t.Fatal("the message is lost")
		}
	}
}

func TestOpenDataChannelTellsWhyNot(t *testing.T) {
	p := newPair(t)
	p.offering.SignallingLost(errGone)
	_, err := p.offering.OpenDataChannel(within(t), "never", js.Undefined())
	require.ErrorIs(t, err, errGone)
	require.NoError(t, p.answering.Close())
	_, err = p.answering.OpenDataChannel(within(t), "never", js.Undefined())
	require.ErrorIs(t, err, rtc.ErrClosed)
}

func TestWhatIsNotReceivedOverflows(t *testing.T) {
	p := newPair(t)
	a, b := open(t, p.offering, p.answering, "flood")
	var err error
	sent := 0
	for err == nil { // until the other side has closed the channel
		err = a.Send(within(t), make([]byte, rtc.MaxMessage))
		sent++
	}
	require.Greater(t, sent, 200)
	received := 0
	for {
		_, err := b.Receive(within(t))
		if err != nil {
			require.ErrorIs(t, err, rtc.ErrOverflow)
			require.ErrorContains(t, err, "more than 16 MiB")
			break
		}
		received++
	}
	require.Equal(t, 16<<20/rtc.MaxMessage, received, "what came before is handed out")
}
