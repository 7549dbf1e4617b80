package directory_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLookup: what one node claims every node sees at once, with all that it says.
func TestLookup(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a, b := join(t, "a", 1, endpoints), join(t, "b", 2, endpoints)
	marks := map[home.Instance]home.Marks{
		a.self: {Address: "a:4000", Alive: true, Recent: true, Kept: true},
		b.self: {Address: "b:4000", Alive: true, Recent: true, Kept: true},
	}
	view, before := b.look(t, "amberotter")
	require.Equal(t, home.View{Instances: marks}, view)

	claim := a.claim("Amber-Otter")
	claim.Draining = true
	revision, err := a.Claim(within(t, patience), claim, 0)
	require.NoError(t, err)
	view, at := b.look(t, "amberotter")
	require.Equal(t, home.View{Revision: revision, Claim: &claim, Instances: marks}, view)
	require.Greater(t, revision, before)
	require.GreaterOrEqual(t, at, revision)

	_, err = b.Claim(within(t, patience), b.claim("amberotter"), 0)
	require.ErrorIs(t, err, directory.ErrChanged)
	require.ErrorIs(t, b.Delete(within(t, patience), "amberotter", revision-1), directory.ErrChanged)
	moved, err := b.Claim(within(t, patience), b.claim("amberotter"), revision)
	require.NoError(t, err)
	view, _ = a.look(t, "amberotter")
	require.Equal(t, b.self, view.Claim.Home)
	require.Equal(t, moved, view.Revision)

	require.NoError(t, a.Delete(within(t, patience), "amberotter", moved))
	view, _ = b.look(t, "amberotter")
	require.Equal(t, home.View{Instances: marks}, view)
}

// TestLookupsTogether: lookups that share transactions each get what is said of their own room.
func TestLookupsTogether(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	b := open(t, "b", 2, endpoints)
	const rooms = 4 * directory.MaxRead
	name := func(i int) string { return fmt.Sprint("room", i) }
	var all sync.WaitGroup
	for i := range rooms {
		if i%2 == 0 {
			all.Go(func() { a.mustClaim(t, name(i)) })
		}
	}
	all.Wait()
	for i := range rooms {
		all.Go(func() {
			view, _ := b.look(t, name(i))
			if i%2 != 0 {
				assert.Zero(t, view.Revision)
			} else if assert.NotNil(t, view.Claim) {
				assert.EqualValues(t, name(i), view.Claim.Server)
			}
			assert.True(t, view.Instances[a.self].Alive)
		})
	}
	all.Wait()
}
