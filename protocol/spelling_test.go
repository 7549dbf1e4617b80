package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

type spelling struct {
	Name, Rule, Why string
	ID, Asked       string
	Same            bool
}

func TestSpellingVectors(t *testing.T) {
	for _, v := range load[spelling](t, vectors.Spellings) {
		t.Run(v.Name, func(t *testing.T) {
			require.True(t, protocol.ValidID(v.ID))
			require.Equal(t, v.Same, protocol.RoomKey(v.ID) == protocol.RoomKey(v.Asked), v.Why)
			if id, ok := protocol.Spell(v.Asked); v.Same {
				require.True(t, ok)
				require.Equal(t, protocol.RoomKey(v.ID), protocol.RoomKey(string(id)))
			}
		})
	}
}

func TestSpell(t *testing.T) {
	for text, want := range map[string]protocol.ID{
		"apple-pie": "apple-pie", " Apple \t PIE\n": "apple-pie", "apple pie": "apple-pie", "a": "a",
	} {
		id, ok := protocol.Spell(text)
		require.True(t, ok, "%q", text)
		require.Equal(t, want, id)
	}
	for _, text := range []string{"", " ", "-", " - - ", "apple_pie", "p\u0131e", "a/b", "a%20b", "a\x00", "é"} {
		_, ok := protocol.Spell(text)
		require.False(t, ok, "%q", text)
	}
}

// FuzzSpell: what is spelt has the form of an ID and names the same room, and to spell it
// again changes nothing.
func FuzzSpell(f *testing.F) {
	for _, text := range []string{"apple pie", "Apple-Pie", " - ", "p\u0131e", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key := protocol.RoomKey(text)
		require.Equal(t, key, protocol.RoomKey(key))
		id, ok := protocol.Spell(text)
		if !ok {
			return
		}
		require.True(t, protocol.ValidID(string(id)))
		again, ok := protocol.Spell(string(id))
		require.True(t, ok)
		require.Equal(t, id, again)
	})
}
