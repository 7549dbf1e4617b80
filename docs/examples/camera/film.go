package main

import (
	"bytes"
	_ "embed"
	"errors"
	"io"
	"os"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
)

//go:embed clip.ivf
var clip []byte // three seconds of VP8, a key frame each second

// film sends the frames of standard input as they come, or those of the clip again and again.
func film(video *webrtc.TrackLocalStaticSample) error {
	if len(os.Args) > 1 && os.Args[1] == "-" {
		return send(video, os.Stdin, func(time.Duration) {})
	}
	for {
		if err := send(video, bytes.NewReader(clip), time.Sleep); !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// send sends the frames of one source to its end.
func send(video *webrtc.TrackLocalStaticSample, source io.Reader, wait func(time.Duration)) error {
	frames, header, err := ivfreader.NewWith(source)
	if err != nil {
		return err
	}
	each := time.Second * time.Duration(header.TimebaseNumerator) / time.Duration(header.TimebaseDenominator)
	for {
		frame, _, err := frames.ParseNextFrame()
		if err != nil {
			return err
		}
		_ = video.WriteSample(media.Sample{Data: frame, Duration: each}) // fails for a viewer who has just left
		wait(each)
	}
}
