//go:build !js

package signaling

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A connection that is being given up may still bring a token: it is older than the one
// that came with the next connection's HELLO, and with it the peer would be replaced.
func TestTokenOfTheConnectionBeforeIsNotTakenBack(t *testing.T) {
	var store kept
	i, err := loadIdentity(&store)
	require.NoError(t, err)
	require.NoError(t, i.renew(0, "first"))
	_, attempt, err := i.credential(time.Now())
	require.NoError(t, err)
	require.NoError(t, i.renew(0, "renewed")) // while the attempt is under way
	require.NoError(t, i.renew(attempt, "second"))
	require.NoError(t, i.renew(0, "renewed-again"))
	require.Regexp(t, `\.second$`, string(store))
	require.NoError(t, i.renew(attempt, "second-renewed"))
	require.Regexp(t, `\.second-renewed$`, string(store))
}
