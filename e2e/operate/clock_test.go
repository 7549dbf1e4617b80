package operate_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// TestClockIsSet: while peers talk, are away for a while, or were away for a moment,
// the machine's clock is set by a day and an hour, forward or back. No peer is closed for
// that, the relay waits no shorter and no longer for any, and every peer resumes.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	binary := relayproc.BuildClock(t)
	for name, step := range map[string]time.Duration{"forward": 25 * time.Hour, "back": -25 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := filepath.Join(t.TempDir(), "clock")
			relay := relayproc.StartWith(t, relayproc.Limits{}, []string{"CLOCK=" + clock}, binary, "--log-level", "debug")
			server := joinV1(t, relay, "/server", "")
			talks := joinV1(t, relay, "/client/"+server.ID, "")
			away := joinV1(t, relay, "/client/"+server.ID, "")
			left := joinV1(t, relay, "/client/"+server.ID, "")
			for range 3 {
				server.hears(protocol.TypePeerJoined)
			}
			require.NoError(t, away.Conn.Close())
			require.Equal(t, away.ID, idOf(t, server.hears(protocol.TypePeerAway)))
			leftAt := time.Now()
			left.Write(rawpeer.CloseFrame(1001)) // as a page that is loaded anew (R9)
			require.Equal(t, left.ID, idOf(t, server.hears(protocol.TypePeerAway)))
			require.Less(t, clockIsOff(t, relay), time.Hour, "it is not set yet")
			relayproc.SetClock(t, clock, step)

			ticker := time.NewTicker(100 * time.Millisecond)
			defer ticker.Stop()
			for clockIsOff(t, relay) < 24*time.Hour {
				<-ticker.C
				require.Less(t, time.Since(leftAt), patience.Max)
				require.NoError(t, rawpeer.Join(t, relay.Addr, "/server").Conn.Close()) // for a line in the log
			}

			require.Equal(t, left.ID, idOf(t, server.hears(protocol.TypePeerGone)), "and nobody else before")
			waited := time.Since(leftAt)
			require.Greater(t, waited.Seconds(), float64(protocol.ReloadWindow-3))
			require.Less(t, waited, patience.Max)
			talks.Text(`{"to":%q,"type":"x","message":1}`, server.ID)
			require.Equal(t, "1", string(server.hears("x").Message))

			again := joinV1(t, relay, "/client/"+server.ID, away.token)
			require.Equal(t, away.ID, again.ID)
			require.Equal(t, away.ID, idOf(t, server.hears(protocol.TypePeerBack)))
			require.NoError(t, server.Conn.Close())
			require.Equal(t, server.ID, idOf(t, again.hears(protocol.TypePeerAway)))
			require.Equal(t, server.ID, joinV1(t, relay, "/server", server.token).ID)
			require.Equal(t, server.ID, idOf(t, again.hears(protocol.TypePeerBack)))
		})
	}
}

// TestClockThatWasWrongIsSetAndRelaydStarts: what was signed by a wrong clock is good when
// relayd starts with the right one, and the other way round. A clock that cannot be right is
// told.
func TestClockThatWasWrongIsSetAndRelaydStarts(t *testing.T) {
	t.Parallel()
	binary := relayproc.BuildClock(t)
	const day = 24 * time.Hour
	in1970 := -time.Since(time.Unix(3600, 0))
	for name, clock := range map[string]struct{ first, then time.Duration }{
		"1970, and then right":              {in1970, 0},
		"right, and then 1970":              {0, in1970},
		"three days behind, and then right": {-3 * day, 0},
		"right, and then three days ahead":  {0, 3 * day},
		"three days ahead, and then right":  {3 * day, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := t.TempDir()
			start := func(step time.Duration) *relayproc.Relay {
				relay := relayproc.StartWith(t, relayproc.Limits{}, []string{relayproc.ClockOff(t, step)}, binary, "--state-dir", state)
				require.Equal(t, step < -day, strings.Contains(relay.Logs(), "the clock of this machine is wrong"), relay.Logs())
				return relay
			}
			relay := start(clock.first)
			server := joinV1(t, relay, "/server", "")
			client := joinV1(t, relay, "/client/"+server.ID, "")
			relay.Kill()
			relay = start(clock.then)
			require.Equal(t, server.ID, joinV1(t, relay, "/server", server.token).ID)
			require.Equal(t, client.ID, joinV1(t, relay, "/client/"+server.ID, client.token).ID)
		})
	}
}

// clockIsOff is by how much the clock of relayd's last line of log differs from this one.
func clockIsOff(t *testing.T, r *relayproc.Relay) time.Duration {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.Logs()), "\n")
	var record struct{ Time time.Time }
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &record))
	return time.Until(record.Time).Abs()
}

// A rawV1Peer is a peer of v1 that reads over what a later relay might say.
type rawV1Peer struct {
	*rawpeer.Peer
	token string
}

// joinV1 connects a peer of v1, which resumes if it has a token.
func joinV1(t *testing.T, r *relayproc.Relay, path, token string) *rawV1Peer {
	t.Helper()
	offers := "Sec-WebSocket-Protocol: " + protocol.SubprotocolV1
	if token != "" {
		offers += fmt.Sprintf(", %s%d.%s", protocol.ResumePrefix, time.Now().UnixMilli(), token)
	}
	p := &rawV1Peer{Peer: rawpeer.Knock(t, r.Addr, path, offers)}
	hello, err := protocol.ParseHello(p.hears(protocol.TypeHello).Message)
	require.NoError(t, err)
	require.Equal(t, token != "", hello.Resumed)
	p.ID, p.token = string(hello.ID), hello.Resume
	return p
}

// hears reads until the relay or a peer says that; of peers that come and go, nothing else
// may be said before.
func (p *rawV1Peer) hears(typ string) rawpeer.Delivery {
	p.T.Helper()
	for {
		d := p.Delivery()
		if d.Type == typ {
			return d
		}
		require.False(p.T, strings.HasPrefix(d.Type, "PEER_"), "%s %s", d.Type, d.Message)
	}
}

func idOf(t *testing.T, d rawpeer.Delivery) string {
	t.Helper()
	p, err := protocol.ParsePresence(d.Message)
	require.NoError(t, err)
	return string(p.ID)
}
