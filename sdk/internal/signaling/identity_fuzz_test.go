//go:build !js

package signaling

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// kept is a Store in memory.
type kept string

func (k *kept) Load() (string, error)  { return string(*k), nil }
func (k *kept) Save(text string) error { *k = kept(text); return nil }

// FuzzIdentity: what a store holds is refused, or becomes a credential that fits into
// Sec-WebSocket-Protocol, and whose attempt is higher than the one that was stored.
func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{"", "1.abc", "01.abc", "9007199254740991.a", "1.a.b", ".", " 1.abc\r\n", "1.é", "1." + strings.Repeat("a", 5000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		store := kept(text)
		i, err := loadIdentity(&store)
		if err != nil {
			require.EqualValues(t, text, store, "it is left as it was")
			require.False(t, i.known())
			return
		}
		before := i.attempt
		credential, attempt, err := i.credential(time.UnixMilli(1_700_000_000_000))
		require.NoError(t, err)
		if !i.known() {
			require.Empty(t, credential)
			return
		}
		require.Regexp(t, `^[0-9]+\.[A-Za-z0-9_-]+$`, credential)
		require.Equal(t, i.attempt, attempt)
		require.Greater(t, i.attempt, before)
		require.LessOrEqual(t, i.attempt, uint64(protocol.MaxNumber))
		require.EqualValues(t, credential, store)
	})
}
