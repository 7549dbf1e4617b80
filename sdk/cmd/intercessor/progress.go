package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// newProgress gives a writer that counts what is written to it and draws a bar,
// or nothing if the output is not a terminal. Closing it leaves the bar's line.
func newProgress(w io.Writer, o offer) io.WriteCloser {
	if !isTerminal(w) {
		return unseen{io.Discard}
	}
	return &bar{w, progressbar.NewOptions64(o.Size,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(o.Name),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
	)}
}

type bar struct {
	w io.Writer
	*progressbar.ProgressBar
}

func (b *bar) Close() error {
	_, err := io.WriteString(b.w, "\n")
	return err
}

type unseen struct{ io.Writer }

func (unseen) Close() error { return nil }
