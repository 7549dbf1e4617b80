// Command camera shows a video to every page that opens its link.
package main

import (
	"context"
	"embed"
	"fmt"
	"log"
	"net/http"

	"github.com/pion/webrtc/v4"

	"github.com/sebas642/intercessor/sdk"
)

const (
	relay = "ws://127.0.0.1:8000/server"
	site  = "127.0.0.1:8080" // serves the page; the relay admits its origin
)

//go:embed index.html
var page embed.FS

func main() {
	ctx := context.Background()
	video, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "camera")
	if err != nil {
		log.Fatal(err)
	}
	ln, err := sdk.Listen(ctx, relay, nil)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(film(video)) }()
	go func() { log.Fatal(http.ListenAndServe(site, http.FileServerFS(page))) }()
	fmt.Printf("http://%s/#%s\n", site, ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go show(ctx, conn, video)
	}
}

// show adds the video to the WebRTC connection of one viewer, and to those that replace it.
func show(ctx context.Context, conn *sdk.Conn, video webrtc.TrackLocal) {
	defer conn.Close()
	pc, err := conn.PeerConnection()
	for err == nil {
		var sender *webrtc.RTPSender
		if sender, err = pc.AddTrack(video); err == nil {
			go answer(sender)
			pc, err = conn.NextPeerConnection(ctx, pc)
		}
	}
	log.Printf("viewer %s: %v", conn.PeerID(), err)
}

// answer has pion answer requests for lost packets, which it does while RTCP is read.
func answer(sender *webrtc.RTPSender) {
	for err := error(nil); err == nil; _, _, err = sender.ReadRTCP() {
	}
}
