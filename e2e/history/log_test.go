package history_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

func TestLinesComeBackAsTheyWere(t *testing.T) {
	events := generate(3, 4, 300)
	var file bytes.Buffer
	log := history.NewWriter(&file)
	for _, e := range events {
		log.Add(e)
	}
	require.NoError(t, log.Err())
	got, err := history.Read(&file)
	require.NoError(t, err)
	require.Equal(t, events, got)
}

func TestALastLineThatWasCutOffIsLeftOut(t *testing.T) {
	var file bytes.Buffer
	log := history.NewWriter(&file)
	for range 3 {
		log.Add(history.Event{Kind: history.Start, App: "a"})
	}
	whole := file.String()
	got, err := history.Read(strings.NewReader(whole[:len(whole)-5]))
	require.NoError(t, err)
	require.Len(t, got, 2)
	_, err = history.Read(strings.NewReader("{}\nhello\n"))
	require.ErrorContains(t, err, "line 2 is no event")
	_, err = history.Read(strings.NewReader(`{"at":1,"kind":"start","colour":"red"}` + "\n"))
	require.ErrorContains(t, err, "line 1 is no event")
}

func TestLogsOfProcessesAreMerged(t *testing.T) {
	events := generate(4, 5, 500)
	logs := map[string][]history.Event{}
	for _, e := range events {
		logs[e.App] = append(logs[e.App], e)
	}
	var parts [][]history.Event
	for _, part := range logs {
		parts = append(parts, part)
	}
	require.Equal(t, events, history.Merge(parts...))
}

func TestStampsAreInTheOrderOfTheLog(t *testing.T) {
	var log history.Log
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 500 {
				log.Add(history.Event{Kind: history.Fault})
			}
		})
	}
	group.Wait()
	events := log.Events()
	require.Len(t, events, 4000)
	require.Equal(t, events, history.Merge(events))
	require.NotZero(t, events[0].At)

	fixed := history.Log{Clock: func() int64 { return 42 }}
	fixed.Add(history.Event{Kind: history.Fault})
	require.EqualValues(t, 42, fixed.Events()[0].At)
}
