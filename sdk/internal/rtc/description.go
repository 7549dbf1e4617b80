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
	kind, err := protocol.Unquote(values[0])
	if err != nil || kind != strings.ToLower(typ) {
		return nil, errors.New(`its "type" is not "` + strings.ToLower(typ) + `"`)
	}
	sdp, err := protocol.Unquote(values[1])
	if err != nil {
		return nil, errors.New(`its "sdp" is not a string`)
	}
	for line := range strings.Lines(sdp) {
		if line, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			candidates = append(candidates, "candidate:"+strings.TrimSpace(line))
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
