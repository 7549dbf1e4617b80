package procproof

import (
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
)

// finish ends all processes and judges the history.
func (w *world) finish(repeat string) *history.Report {
	for _, p := range w.everyone() {
		p.tell("quiet")
	}
	for _, p := range w.everyone() {
		if _, ok := p.hear("quiet", rules().Settle+20*time.Second); !ok {
			w.t.Errorf("%s does not settle", p.order.Name)
		}
	}
	for _, c := range w.clients {
		c.leave()
	}
	w.listener.leave()
	form.Within(30*time.Second, func() bool { return openFiles(w.relay.PID()) <= w.idle })
	w.measure("after")
	logs := [][]history.Event{w.log.Events()}
	files, err := filepath.Glob(filepath.Join(w.folder, "*.history"))
	require.NoError(w.t, err)
	for _, name := range files {
		file, err := os.Open(name)
		require.NoError(w.t, err)
		events, err := history.Read(file)
		require.NoError(w.t, err, name)
		require.NoError(w.t, file.Close())
		logs = append(logs, events)
	}
	report := history.Check(history.Merge(logs...), rules())
	if !report.OK() {
		w.t.Errorf("the promise is broken; to repeat it: %s\n%v", repeat, report)
	}
	return report
}

// measure logs the relay's file descriptors (C12).
func (w *world) measure(when string) {
	w.log.Add(history.Event{Kind: history.Measure, Name: "file descriptors of relayd", Value: float64(openFiles(w.relay.PID())), Slack: 2, Reason: when})
}
