//go:build !js

package rtc_test

import (
	"strings"
	"testing"
)

// TestDescriptionWithACandidateOfNoUse: the rest of the description is used. (Chromium refuses
// the whole description.)
func TestDescriptionWithACandidateOfNoUse(t *testing.T) {
	p := newPair(t)
	p.change = func(typ string, message []byte) []byte {
		if typ != "OFFER" && typ != "ANSWER" {
			return message
		}
		return []byte(strings.Replace(string(message), `a=setup`, `a=candidate:? 1 x 1 nowhere 0\r\na=setup`, 1))
	}
	open(t, p.offering, p.answering, "first")
}
