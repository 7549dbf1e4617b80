//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// The load looks like what a relay is for: an offer. Its lines, with their escapes, are what
// a relay has to read through.
const (
	sdp = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n` +
		`m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n` +
		`a=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlqw\r\na=setup:actpass\r\n` +
		`a=sctp-port:5000\r\na=max-message-size:262144\r\n`
	candidate = `a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0\r\n`
)

// header is what a link adds to a message in the middle of a stream.
const header = `{"id":"0123456789abcdef","n":123456,"r":123400,"t":123399,"g":34567890}`

// message makes a message of exactly size bytes, as a peer sends it: a v1 peer with the
// header of a link.
func message(to protocol.ID, size int, v1 bool) ([]byte, error) {
	var link []byte
	if v1 {
		link = []byte(header)
	}
	envelope := func(text string) []byte {
		return protocol.AppendEnvelopeV1(nil, to, protocol.TypeOffer, []byte(`{"type":"offer","sdp":"`+text+`"}`), link)
	}
	least := len(envelope(""))
	if size < least || size > protocol.MaxMessage {
		return nil, bench.Mistake(fmt.Sprintf("--size is %d and must be from %d to %d with this relay's IDs", size, least, protocol.MaxMessage))
	}
	text := []byte((sdp + strings.Repeat(candidate, size/len(candidate)+1))[:size-least])
	if bytes.HasSuffix(text, []byte(`\`)) { // half an escape
		text[len(text)-1] = '='
	}
	return envelope(string(text)), nil
}

// checkDelivery fails if a delivery is not what a peer sent.
func checkDelivery(delivery, sent []byte) error {
	d, err := protocol.ParseDeliveryV1(delivery)
	if err != nil {
		return err
	}
	e, err := protocol.ParseEnvelopeV1(sent)
	if err != nil {
		return err
	}
	if !bytes.Equal(d.Type, e.Type) || !bytes.Equal(d.Message, e.Message) || !bytes.Equal(d.Link, e.Link) {
		return fmt.Errorf("the relay delivered another message than was sent: %.200q", delivery)
	}
	return nil
}
