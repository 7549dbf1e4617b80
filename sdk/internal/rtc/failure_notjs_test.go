//go:build !js

package rtc

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCause: what the candidates and the servers' failures make of the reason.
func TestCause(t *testing.T) {
	relayed := []string{"candidate:1 1 udp 1 192.0.2.1 5000 typ relay raddr 0.0.0.0 rport 0"}
	refused := []ServerError{{URL: "turn:a", Code: 401}}
	for name, c := range map[string]struct {
		candidates candidates
		first      ICECause
		err        error
		cause      ICECause
		there      bool
	}{
		"both have a relayed address":           {candidates{local: relayed, remote: relayed}, CauseNoPath, nil, CauseTURNApart, false},
		"but the caller did not wait":           {candidates{local: relayed, remote: relayed}, CauseNoPath, context.DeadlineExceeded, CauseNoPath, false},
		"this side's server refuses":            {candidates{servers: refused}, CauseTURNUnreachable, nil, CauseTURNRefused, false},
		"this side has one, the other's fails":  {candidates{there: CauseTURNRefused}, CauseTURNUnreachable, nil, CauseTURNUnreachable, false},
		"this side has none, the other's fails": {candidates{there: CauseTURNRefused}, CauseNoTURN, nil, CauseTURNRefused, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := c.candidates.failure(c.first, c.err)
			require.Equal(t, c.cause, e.Cause)
			require.Equal(t, c.there, e.There)
		})
	}
}

func TestCauseWithoutARelayedAddress(t *testing.T) {
	var s servers
	s.set([]ICEServer{{URLs: []string{"stun:a"}}})
	require.Equal(t, CauseNoTURN, s.noRelayed())
	s.set([]ICEServer{{URLs: []string{"stun:a", "turns:b"}}})
	require.Equal(t, CauseTURNUnreachable, s.noRelayed())
}
