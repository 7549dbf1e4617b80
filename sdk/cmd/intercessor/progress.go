package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// newProgress returns a writer that draws a bar of the bytes written to it. It draws nothing
// if w is not a terminal. Close moves to the line after the bar.
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
