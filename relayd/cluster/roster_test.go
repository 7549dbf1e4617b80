package cluster

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// TestRosterIsBounded: when as many instances as may have said that they have entered, no further one
// is believed, but those that are known may say it again.
func TestRosterIsBounded(t *testing.T) {
	var r roster
	began := time.Now()
	entered := home.Marks{Address: "new:1", Alive: true, Recent: true, Kept: true}
	read := home.Instance{Name: "read", Number: 1}
	r.read(map[home.Instance]home.Marks{read: {Address: "old:1", Kept: true}}, began)
	for i := range maxHeard {
		r.hear(home.Instance{Name: "heard", Number: uint64(i)}, "old:1", began)
	}
	unknown := home.Instance{Name: "unknown", Number: 1}
	for _, i := range []home.Instance{{Name: "heard", Number: 3}, read, unknown} {
		r.hear(i, "new:1", began.Add(time.Second))
		if i == unknown {
			require.NotContains(t, r.all(), i)
		} else {
			require.Equal(t, entered, r.all()[i])
		}
	}
	r.read(nil, began.Add(time.Minute))
	require.Empty(t, r.all())
}
