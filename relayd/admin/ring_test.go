package admin

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestHistoryIsBounded, and says what happened within it.
func TestHistoryIsBounded(t *testing.T) {
	a := &Admin{config: Config{Ready: func() bool { return true }}}
	start := time.Unix(1000, 0)
	for i := range maxSamples + 50 {
		stats := relay.Stats{Rooms: i, Closed: map[protocol.Code]uint64{protocol.CodeTooSlow: uint64(i)}}
		stats.Traffic.In = uint64(10 * i)
		a.ring.add(sample{at: start.Add(time.Duration(i) * 2 * time.Second), Stats: stats})
	}
	w := httptest.NewRecorder()
	a.status(w, nil)
	var s statusJSON
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &s))
	require.Len(t, s.Times, maxSamples)
	require.EqualValues(t, 50, s.Rooms[0])
	require.EqualValues(t, 5, s.In[maxSamples-1], "ten in two seconds")
	require.EqualValues(t, 0, s.In[0])
	require.Equal(t, []reasonJSON{{"close", "4002 too slow", maxSamples - 1, maxSamples + 49}}, s.Reasons)
	for _, series := range [][]float64{s.Servers, s.Clients, s.Away, s.Waiting, s.Out, s.InBytes, s.OutBytes, s.Joins, s.Resumes, s.Drops, s.Closes, s.Refusals} {
		require.Len(t, series, maxSamples)
	}
}
