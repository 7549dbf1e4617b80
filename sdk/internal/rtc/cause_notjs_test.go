//go:build !js

package rtc_test

import (
	"context"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// fails has both peers of a pair open a channel, and returns their errors.
func fails(t *testing.T, p *pair) (offering, answering *rtc.ICEError) {
	t.Helper()
	errs := make(chan error, 1)
	go func() {
		_, err := p.answering.AcceptChannel(within(t))
		errs <- err
	}()
	_, err := p.offering.OpenChannel(within(t), "first")
	require.ErrorAs(t, err, &offering)
	require.ErrorAs(t, <-errs, &answering)
	for peer, err := range map[*rtc.Peer]error{p.offering: offering, p.answering: answering} {
		require.Equal(t, rtc.Path{State: rtc.PathOver, Problem: err.Error()}, peer.Path())
	}
	return offering, answering
}

// TestWrongFingerprint: the relay changes the fingerprints of the peers' certificates.
func TestWrongFingerprint(t *testing.T) {
	fingerprint := regexp.MustCompile(`(a=fingerprint:sha-256 )..:..`)
	for _, typ := range []string{"OFFER", "ANSWER"} {
		t.Run(typ, func(t *testing.T) {
			p := newPair(t)
			p.change = func(of string, message []byte) []byte {
				if of == typ {
					return fingerprint.ReplaceAll(message, []byte("${1}00:00"))
				}
				return message
			}
			offering, answering := fails(t, p)
			require.Equal(t, rtc.CauseHandshake, offering.Cause)
			require.Equal(t, rtc.CauseHandshake, answering.Cause)
			require.NotEmpty(t, offering.Local)
			require.NotEmpty(t, answering.Remote)
			require.ErrorContains(t, offering, "something on the way changes messages")
		})
	}
}

// relayOnly returns a pair whose answering peer uses only a TURN server.
func relayOnly(t *testing.T, url string) *pair {
	p := &pair{}
	options := rtc.Options{Signal: p.wire(&p.offering), ICEServers: []rtc.ICEServer{{URLs: []string{url}, Username: "ada", Credential: "secret"}}}
	options.RelayOnly = true
	p.offering, p.answering = rtc.New(rtc.Options{Offer: true, Signal: p.wire(&p.answering)}), rtc.New(options)
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	return p
}

// TestTURNServerThatIsDown: one port where nothing listens, one where nothing answers, which may
// have a name.
func TestTURNServerThatIsDown(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	named := strings.Replace(silent.LocalAddr().String(), "127.0.0.1", "localhost", 1)
	for url, text := range map[string]string{
		"turn:" + closed.Addr().String() + "?transport=tcp": "connection refused",
		"turn:" + silent.LocalAddr().String():               "no answer",
		"turn:" + named:                                     "no answer",
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			offering, answering := fails(t, relayOnly(t, url))
			require.Equal(t, rtc.CauseTURNUnreachable, answering.Cause)
			require.False(t, answering.There)
			require.Equal(t, []rtc.ServerError{{URL: url, Code: 701, Text: text}}, answering.Servers)
			require.Equal(t, rtc.CauseTURNUnreachable, offering.Cause)
			require.True(t, offering.There, "the other peer has said so")
			require.Empty(t, offering.Servers)
		})
	}
}

// TestProgressOfThePath: what a program can show while it waits.
func TestProgressOfThePath(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	url := "turn:" + closed.Addr().String() + "?transport=tcp"
	p := &pair{}
	p.offering = rtc.New(rtc.Options{Offer: true, Signal: func(context.Context, string, []byte) error { return nil },
		ICEServers: []rtc.ICEServer{{URLs: []string{url}, Username: "ada", Credential: "secret"}}})
	p.offering.Start()
	defer p.offering.Close()
	require.Equal(t, rtc.Path{State: rtc.PathIdle}, p.offering.Path())
	_, err = p.offering.PeerConnection()
	require.NoError(t, err)
	if asking := (rtc.Path{State: rtc.PathAsking}); p.offering.Path() == asking {
		_, err = p.offering.WaitPath(within(t), asking)
		require.NoError(t, err)
	}
	require.Equal(t, rtc.PathAsking, p.offering.Path().State)
	require.Equal(t, "the TURN server cannot be reached: "+url+": 701 connection refused", p.offering.Path().Problem)

	q := newPair(t)
	open(t, q.offering, q.answering, "first")
	require.Equal(t, rtc.Path{State: rtc.PathUp}, q.answering.Path())
	require.NoError(t, q.offering.Close())
	over, err := q.answering.WaitPath(within(t), rtc.Path{State: rtc.PathUp})
	require.NoError(t, err)
	require.Equal(t, rtc.Path{State: rtc.PathOver}, over)
}
