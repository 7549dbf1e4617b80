package rtc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

func TestEitherSideOpensTheFirstChannel(t *testing.T) {
	t.Run("the side that offers", func(t *testing.T) {
		p := newPair(t)
		a, b := open(t, p.offering, p.answering, "first")
		sendText(t, a, "there")
		wantText(t, b, "there")
		sendText(t, b, "and back")
		wantText(t, a, "and back")
		require.Equal(t, "OFFER", p.first())
		require.Zero(t, p.count("NEGOTIATE"))
	})
	t.Run("the side that answers", func(t *testing.T) {
		p := newPair(t)
		done := make(chan error)
		go func() {
			a, err := p.answering.OpenChannel(within(t), "first")
			if err == nil {
				err = a.Send(within(t), []byte("there"))
			}
			done <- err
		}()
		b, err := p.offering.AcceptChannel(within(t))
		require.NoError(t, err)
		wantText(t, b, "there")
		require.NoError(t, <-done)
		require.LessOrEqual(t, p.count("NEGOTIATE"), 1)
	})
	t.Run("the side that answers, and the other only listens to its messages", func(t *testing.T) {
		p := newPair(t)
		_, err := p.answering.OpenChannel(within(t), "first")
		require.NoError(t, err)
		require.Equal(t, "NEGOTIATE", p.first())
		require.Equal(t, 1, p.count("OFFER"), "one round is enough")
	})
}

func TestMoreChannelsNeedNoNegotiation(t *testing.T) {
	p := newPair(t)
	open(t, p.offering, p.answering, "first")
	rounds := p.count("OFFER")
	for i := range 10 {
		open(t, p.offering, p.answering, strconv.Itoa(i))
		open(t, p.answering, p.offering, strconv.Itoa(i))
	}
	require.Equal(t, rounds, p.count("OFFER"))
}

func TestMessagesWaitForAcceptAndReceive(t *testing.T) {
	p := newPair(t)
	a, err := p.offering.OpenChannel(within(t), "early")
	require.NoError(t, err)
	for i := range 50 {
		sendText(t, a, strconv.Itoa(i))
	}
	require.NoError(t, a.Close())
	b, err := p.answering.AcceptChannel(within(t))
	require.NoError(t, err)
	for i := range 50 {
		wantText(t, b, strconv.Itoa(i))
	}
	_, err = b.Receive(within(t))
	require.ErrorIs(t, err, io.EOF)
}

// A Chromium that learns of a channel and its close at once would drop the messages.
func TestChannelThatIsClosedAtOnceStillArrives(t *testing.T) {
	p := newPair(t)
	open(t, p.offering, p.answering, "first")
	for _, way := range [][2]*rtc.Peer{{p.offering, p.answering}, {p.answering, p.offering}} {
		for i := range 5 {
			a, err := way[0].OpenChannel(within(t), "short")
			require.NoError(t, err)
			sendText(t, a, strconv.Itoa(i))
			require.NoError(t, a.Close())
			b, err := way[1].AcceptChannel(within(t))
			require.NoError(t, err)
			wantText(t, b, strconv.Itoa(i))
			_, err = b.Receive(within(t))
			require.ErrorIs(t, err, io.EOF)
		}
	}
}

func TestUnacceptedChannelsAreBounded(t *testing.T) {
	p := newPair(t)
	open(t, p.offering, p.answering, "first")
	const most, more = 64, 5
	closed := make(chan error, 1)
	for range most + more {
		ch, err := p.offering.OpenChannel(within(t), "waits")
		if err != nil { // closed already
			go func() { closed <- io.EOF }()
			continue
		}
		go func() {
			_, err := ch.Receive(within(t))
			closed <- err
		}()
	}
	for range more {
		require.ErrorIs(t, <-closed, io.EOF, "the other side closes what it has no room for")
	}
	for range most {
		ch, err := p.answering.AcceptChannel(within(t))
		require.NoError(t, err)
		require.NoError(t, ch.Close())
		require.ErrorIs(t, <-closed, io.EOF)
	}
}

func TestBulkArrivesWhole(t *testing.T) {
	p := newPair(t)
	a, b := open(t, p.offering, p.answering, "bulk")
	content := bytes.Repeat([]byte("0123456789abcde\n"), 3<<20/16)
	var writing sync.WaitGroup
	writing.Go(func() {
		_, err := rtc.Stream(a).Write(content)
		if err == nil {
			err = a.Close()
		}
		if err != nil {
			t.Errorf("write: %v", err)
		}
	})
	got, err := io.ReadAll(rtc.Stream(b))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	writing.Wait()
}

func TestCloseOfThePeerEndsChannelsInOrder(t *testing.T) {
	p := newPair(t)
	a, b := open(t, p.offering, p.answering, "notes")
	for range 100 {
		sendText(t, a, "note")
	}
	require.NoError(t, p.offering.Close())
	for range 100 {
		wantText(t, b, "note")
	}
	_, err := b.Receive(within(t))
	require.ErrorIs(t, err, io.EOF)
	_, err = p.answering.AcceptChannel(within(t))
	require.ErrorIs(t, err, rtc.ErrPathClosed)
	_, err = p.answering.OpenChannel(within(t), "late")
	require.ErrorIs(t, err, rtc.ErrPathClosed)

	_, err = a.Receive(within(t))
	require.ErrorIs(t, err, rtc.ErrClosed)
	_, err = p.offering.OpenChannel(within(t), "late")
	require.ErrorIs(t, err, rtc.ErrClosed)
	_, err = p.offering.AcceptChannel(within(t))
	require.ErrorIs(t, err, rtc.ErrClosed)
	require.ErrorIs(t, p.offering.Handle("CANDIDATE", []byte("null")), rtc.ErrClosed)
	require.NoError(t, p.offering.Close())
}

func TestCloseIsNotDisturbedByLateCandidates(t *testing.T) {
	p := newPair(t)
	a, b := open(t, p.offering, p.answering, "notes")
	note := strings.Repeat("note", 2<<10) // so that Close has to wait
	for range 100 {
		sendText(t, a, note)
	}
	closed := make(chan error)
	go func() { closed <- p.offering.Close() }()
	late := []byte(`{"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host","sdpMid":"0"}`)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for closing := true; closing; {
		select {
		case err := <-closed:
			require.NoError(t, err)
			closing = false
		case <-again.C:
			_ = p.offering.Handle("CANDIDATE", late)
		}
	}
	require.NoError(t, a.Close(), "everything had left")
	for range 100 {
		wantText(t, b, note)
	}
	_, err := b.Receive(within(t))
	require.ErrorIs(t, err, io.EOF)
}

var errGone = errors.New("the relay is gone")

func TestLostSignallingEndsWhatHasNoPathYet(t *testing.T) {
	peer := rtc.New(rtc.Options{Offer: true, Signal: func(context.Context, string, []byte) error { return nil }})
	defer peer.Close()
	peer.Start()
	waiting := make(chan error)
	go func() {
		_, err := peer.OpenChannel(within(t), "never")
		waiting <- err
	}()
	go func() {
		_, err := peer.AcceptChannel(within(t))
		waiting <- err
	}()
	peer.SignallingLost(errGone)
	require.ErrorIs(t, <-waiting, errGone)
	require.ErrorIs(t, <-waiting, errGone)
}

func TestLostSignallingLeavesThePath(t *testing.T) {
	p := newPair(t)
	a, b := open(t, p.offering, p.answering, "direct")
	p.offering.SignallingLost(errGone)
	p.answering.SignallingLost(errGone)
	sendText(t, a, "still here")
	wantText(t, b, "still here")
	c, d := open(t, p.answering, p.offering, "a new one")
	sendText(t, c, "works too")
	wantText(t, d, "works too")
}

func TestSignalThatFailsIsLostSignalling(t *testing.T) {
	peer := rtc.New(rtc.Options{Offer: true, Signal: func(context.Context, string, []byte) error { return errGone }})
	defer peer.Close()
	peer.Start()
	_, err := peer.OpenChannel(within(t), "never")
	require.ErrorIs(t, err, errGone)
}

func TestPeerHoldsMessagesUntilStart(t *testing.T) {
	answers := make(chan string, 100)
	held := rtc.New(rtc.Options{Signal: func(_ context.Context, typ string, _ []byte) error {
		answers <- typ
		return nil
	}})
	defer held.Close()
	offers := make(chan []byte, 1)
	offering := rtc.New(rtc.Options{Offer: true, Signal: func(_ context.Context, typ string, message []byte) error {
		if typ == "OFFER" {
			offers <- bytes.Clone(message)
		}
		return nil
	}})
	defer offering.Close()
	offering.Start()
	_, err := offering.PeerConnection()
	require.NoError(t, err)

	require.NoError(t, held.Handle("OFFER", <-offers))
	require.Empty(t, answers)
	held.Start()
	require.Equal(t, "ANSWER", <-answers)
}

func TestTooMuchToWorkOnIsRefused(t *testing.T) {
	held := rtc.New(rtc.Options{Signal: func(context.Context, string, []byte) error { return nil }})
	defer held.Close()
	var err error
	for range 2000 {
		if err = held.Handle("CANDIDATE", []byte("null")); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, rtc.ErrOverflow)
}

func TestICEThatFailsEndsThePath(t *testing.T) {
	p := newPair(t)
	_, b := open(t, p.offering, p.answering, "direct")
	p.answering.FailICE()
	var failed *rtc.ICEError
	_, err := b.Receive(within(t))
	require.ErrorAs(t, err, &failed)
	require.NotEmpty(t, failed.Local)
	require.NotEmpty(t, failed.Remote)
	require.ErrorContains(t, err, "it broke, and no other was found")
	require.ErrorAs(t, b.Send(within(t), []byte("late")), &failed)
	_, err = p.answering.AcceptChannel(within(t))
	require.ErrorAs(t, err, &failed)
	_, err = p.answering.OpenChannel(within(t), "late")
	require.ErrorAs(t, err, &failed)
}

// TestCandidatesInOtherForms: the peers have only candidates in forms that other kinds of
// peers send.
func TestCandidatesInOtherForms(t *testing.T) {
	p := newPair(t)
	p.change = func(typ string, message []byte) []byte {
		if typ != "CANDIDATE" {
			return message
		}
		text := strings.Replace(string(message), `"candidate:`, `"a=candidate:`, 1)
		return []byte(strings.Replace(text, `"sdpMLineIndex":0`, `"sdpMLineIndex":"0"`, 1))
	}
	open(t, p.offering, p.answering, "first")
}

func TestUnusedCandidatesAreCounted(t *testing.T) {
	p := newPair(t)
	p.change = func(typ string, message []byte) []byte {
		if typ == "CANDIDATE" {
			return []byte(`{"candidate":"nonsense","sdpMid":"0"}`)
		}
		return message
	}
	ctx, cancel := context.WithCancel(t.Context())
	opening := make(chan error)
	go func() {
		_, err := p.offering.OpenChannel(ctx, "first")
		opening <- err
	}()
	require.Eventually(t, func() bool { return p.count("ANSWER") == 1 && p.count("CANDIDATE") >= 2 }, 2*time.Minute, time.Millisecond)
	for range 300 {
		require.NoError(t, p.offering.Handle("CANDIDATE", []byte("5")))
	}
	require.NoError(t, p.offering.Handle("CANDIDATE", []byte("null")))
	require.Eventually(t, func() bool { return p.offering.Unused() > 300 }, 2*time.Minute, time.Millisecond)
	cancel()
	var failed *rtc.ICEError
	require.ErrorAs(t, <-opening, &failed)
	require.Greater(t, failed.Unused, 300)
}

func TestCandidatesOfNoUseAreIgnored(t *testing.T) {
	p := newPair(t)
	for _, message := range []string{`null`, `5`, `{"candidate":5}`, `{"candidate":"nonsense"}`, `{"candidate":""}`} {
		require.NoError(t, p.answering.Handle("CANDIDATE", []byte(message)))
	}
	open(t, p.offering, p.answering, "first")
	for _, message := range []string{`null`, `5`, `{"candidate":"nonsense","sdpMid":"9"}`} {
		require.NoError(t, p.answering.Handle("CANDIDATE", []byte(message)))
	}
	open(t, p.answering, p.offering, "second")
}
