//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/protocol"
)

// The load looks like what a relay is for: an offer. Its lines, with their
// escapes, are what a relay has to read through.
var sdp = strings.Join([]string{
	`v=0`, `o=- 4611731400430051336 2 IN IP4 127.0.0.1`, `s=-`, `t=0 0`, `a=group:BUNDLE 0`,
	`m=application 9 UDP/DTLS/SCTP webrtc-datachannel`, `c=IN IP4 0.0.0.0`, `a=mid:0`,
	`a=ice-ufrag:4ZcD`, `a=ice-pwd:2/1muCWoOi3uLifh0NuRHlqw`, `a=setup:actpass`,
	`a=sctp-port:5000`, `a=max-message-size:262144`, ``,
}, `\r\n`)

const candidate = `a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0\r\n`

// header is what a link puts beside a message in the middle of a stream.
const header = `{"id":"0123456789abcdef","n":123456,"r":123400,"t":123399,"g":34567890}`

// message makes a message of exactly size bytes, as a peer sends it: a v1 peer with
// the header of a link.
func message(to protocol.ID, size int, v1 bool) ([]byte, error) {
	const head, tail = `{"type":"offer","sdp":"`, `"}`
	var link []byte
	if v1 {
		link = []byte(header)
	}
	frame := func(text string) []byte {
		return protocol.AppendEnvelopeV1(nil, to, protocol.TypeOffer, []byte(head+text+tail), link)
	}
	room := size - len(frame(""))
	if room < 0 {
		return nil, command.Mistake(fmt.Sprintf("--size is %d and must be at least %d with this relay's IDs", size, size-room))
	}
	text := []byte((sdp + strings.Repeat(candidate, room/len(candidate)+1))[:room])
	if bytes.HasSuffix(text, []byte(`\`)) { // half an escape
		text[room-1] = '='
	}
	return frame(string(text)), nil
}

// checkDelivery fails when a delivery is not what a peer sent.
func checkDelivery(delivery, sent []byte) error {
	d, err := protocol.ParseDeliveryV1(delivery)
	if err != nil {
		return notAllowed(err)
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

// isRelays reports whether a delivery is one of the relay's own messages.
func isRelays(delivery []byte) (bool, error) {
	d, err := protocol.ParseDelivery(delivery)
	if err != nil {
		return false, notAllowed(err)
	}
	return string(d.From) == string(protocol.RelayID), nil
}

func notAllowed(err error) error {
	return fmt.Errorf("the relay delivered what the protocol does not allow: %w", err)
}
