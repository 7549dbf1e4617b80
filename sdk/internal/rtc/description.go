package rtc

import (
	"errors"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// checkDescription checks the form of the RTCSessionDescriptionInit of an OFFER or ANSWER,
// and returns the candidates in its SDP.
func checkDescription(typ string, message []byte) (candidates []string, err error) {
	var values [2][]byte
	if err := protocol.ScanObject(message, []string{"type", "sdp"}, values[:]); err != nil {
		return nil, err
	}
	want := "offer"
	if typ == protocol.TypeAnswer {
		want = "answer"
	}
	if kind, err := protocol.Unquote(values[0]); err != nil || kind != want {
		return nil, errors.New(`its "type" is not "` + want + `"`)
	}
	sdp, err := protocol.Unquote(values[1])
	if err != nil {
		return nil, errors.New(`its "sdp" is not a string`)
	}
	for sdp != "" {
		var line string
		line, sdp, _ = strings.Cut(sdp, "\n")
		if line, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			candidates = append(candidates, "candidate:"+strings.TrimSuffix(line, "\r"))
		}
	}
	return candidates, nil
}

// candidateLine returns the candidate in an RTCIceCandidateInit, or "" at the end of the
// candidates.
func candidateLine(message []byte) (string, error) {
	if string(message) == "null" {
		return "", nil
	}
	var values [1][]byte
	if err := protocol.ScanObject(message, []string{"candidate"}, values[:]); err != nil {
		return "", err
	}
	if values[0] == nil {
		return "", nil
	}
	return protocol.Unquote(values[0])
}
