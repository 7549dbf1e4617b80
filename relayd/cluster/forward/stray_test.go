package forward

import (
	"net"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// TestStrayConnections are reported with their number, and not one by one.
func TestStrayConnections(t *testing.T) {
	var reports []error
	n, err := New(Config{Self: home.Instance{Name: "south", Number: 2}, Key: someKey, Report: func(err error) { reports = append(reports, err) }})
	require.NoError(t, err)
	defer n.Close()
	for range 4 {
		n.stray(&net.TCPAddr{}, ErrKey)
	}
	require.Len(t, reports, 1)
	n.strayed = time.Now().Add(-n.limits.stray)
	n.stray(&net.TCPAddr{}, ErrKey)
	require.Len(t, reports, 2)
	require.ErrorContains(t, reports[1], "failed: 4,")
	require.ErrorIs(t, reports[1], ErrKey)
}
