//go:build unix

package main_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func (d *daemon) signal(s syscall.Signal) { require.NoError(d.t, d.cmd.Process.Signal(s)) }

func TestDrain(t *testing.T) {
	t.Parallel()
	d := start(t, nil, "--drain", "10m")
	require.Equal(t, http.StatusOK, d.status("/readyz"))
	first, second := d.enters(protocol.SubprotocolV1), d.enters(protocol.SubprotocolV1)
	d.logs("joined") // who has read HELLO, but is not in yet, is closed and not asked
	d.logs("joined")
	d.signal(syscall.SIGTERM)
	first.wants(protocol.TypeRelayRestarting)
	second.wants(protocol.TypeRelayRestarting)

	require.Equal(t, http.StatusServiceUnavailable, d.status("/readyz"), "a load balancer sends nobody here any more")
	require.Equal(t, http.StatusOK, d.status("/healthz"), "a supervisor does not kill it")
	d.dial().wantsClose(protocol.CodeRestarting)
	d.dial(protocol.SubprotocolV1).wantsClose(protocol.CodeRestarting)

	require.NoError(t, first.conn.Close(3000, ""))
	require.NoError(t, second.conn.Close(websocket.StatusNormalClosure, ""))
	require.Zero(t, d.exit(), "all are gone: it does not wait for the ten minutes")
}

func TestDrainComesToItsEnd(t *testing.T) {
	t.Parallel()
	for _, drain := range []string{"0", "100ms"} {
		d := start(t, nil, "--drain", drain)
		base, v1 := d.enters(), d.enters(protocol.SubprotocolV1)
		d.signal(syscall.SIGINT)
		base.wantsClose(protocol.CodeRestarting)
		v1.wantsClose(protocol.CodeRestarting)
		require.Zero(t, d.exit())
	}
}

func TestDrainOfNobodyTakesNoTime(t *testing.T) {
	t.Parallel()
	d := start(t, nil, "--drain", "10m")
	d.signal(syscall.SIGTERM)
	require.Zero(t, d.exit())
}

func TestSecondSignalEndsADrainAtOnce(t *testing.T) {
	t.Parallel()
	d := start(t, nil, "--drain", "10m")
	p := d.enters(protocol.SubprotocolV1)
	d.logs("joined")
	d.signal(syscall.SIGTERM)
	p.wants(protocol.TypeRelayRestarting)
	d.signal(syscall.SIGTERM)
	require.NotZero(t, d.exit())
}

// TestDrainBeforeASupervisorKills: with nothing set, relayd has ended when ten seconds are
// over, though a peer neither goes nor answers the close.
func TestDrainBeforeASupervisorKills(t *testing.T) {
	t.Parallel()
	for range 3 { // another program may hold the machine up
		d := start(t, nil)
		d.enters(protocol.SubprotocolV1) // does not read any more
		begin := time.Now()
		d.signal(syscall.SIGTERM)
		require.Zero(t, d.exit())
		if time.Since(begin) < 10*time.Second {
			return
		}
	}
	t.Fatal("it took longer than ten seconds three times")
}

func TestDrainFlag(t *testing.T) {
	t.Parallel()
	for _, drain := range []string{"-1ns", "10m1ns"} {
		require.Contains(t, fails(t, 2, nil, "--drain", drain), "must be from 0s to 10m")
	}
	require.Contains(t, fails(t, 2, nil, "--drain", "8"), "must be a duration with its unit")
}
