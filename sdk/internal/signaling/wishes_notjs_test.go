//go:build !js

package signaling

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// TestAKickIsRepeatedForTheTimeThatIsLeft, and not after it.
func TestAKickIsRepeatedForTheTimeThatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wishes
		it, _ := w.want(protocol.TypeRelayKick, protocol.Request{ID: "ann", For: 10})
		w.answered(protocol.Answer{Number: it.request.Number})
		time.Sleep(4 * time.Second)
		w.number(it)
		require.EqualValues(t, 6, it.request.For)
		require.NotNil(t, w.kicked("ann"))
		time.Sleep(6 * time.Second)
		require.Nil(t, w.kicked("ann"))
		require.Empty(t, w.list)
	})
}
