package link

import "github.com/sebas642/intercessor/protocol"

// ParseHeader parses the value of a field "link". Fields of the norm must have their form
// and be present at most once. Other fields are ignored. The error is a *HeaderError,
// after which the driver calls [Door.Malformed].
func ParseHeader(raw []byte) (Header, error) {
	var h Header
	var values [fieldCount][]byte
	if len(raw) > protocol.MaxLink {
		return Header{}, errHeader("the field link is longer than 1024 bytes")
	}
	if protocol.ScanObject(raw, fieldNames[:], values[:]) != nil {
		return Header{}, errHeader("the field link is not one JSON object with each field once")
	}
	for i, raw := range values {
		if raw != nil && !h.set(i, raw) {
			return Header{}, errHeader("the field " + fieldNames[i] + " of link has the wrong form")
		}
	}
	return h, nil
}

// HeaderError is an error in the field "link" of a message.
type HeaderError struct {
	// Reason is a sentence that contains nothing the peer sent.
	Reason string
}

// Error returns the reason.
func (e *HeaderError) Error() string { return e.Reason }

func errHeader(reason string) error { return &HeaderError{reason} }

// The fields in the order of fieldNames. The most frequent come first, because ScanObject
// searches names from the left.
const (
	fieldID = iota
	fieldN
	fieldR
	fieldT
	fieldG
	fieldN0
	fieldR0
	fieldT0
	fieldG0
	fieldN2
	fieldR2
	fieldOf
	fieldAt
	fieldAsk
	fieldAns
	fieldNonce
	fieldEnd
	fieldEnded
	fieldWhy
	fieldVersion
	fieldPath
	fieldTo
	fieldMine
	fieldPC
	fieldQ
	fieldICE
	fieldWait
	fieldAudio
	fieldVideo
	fieldCount
)

var fieldNames = [fieldCount]string{
	"id", "n", "r", "t", "g", "n0", "r0", "t0", "g0", "n2", "r2", "of", "at", "ask", "ans", "nonce", "end", "ended", "why", "v", "path", "to", "mine",
	"pc", "q", "ice", "wait", "audio", "video",
}

// set parses the raw value of one field and reports whether it has the field's form.
func (h *Header) set(field int, raw []byte) (ok bool) {
	switch field {
	case fieldID:
		return h.ID.set(raw)
	case fieldNonce:
		return h.Nonce.set(raw)
	case fieldEnded:
		h.Ended = string(raw) == "true"
		return h.Ended
	case fieldMine:
		h.Mine = string(raw) == "true"
		return h.Mine
	case fieldICE:
		h.About.ICE = string(raw) == "true"
		return h.About.ICE
	case fieldWhy:
		var err error
		h.Why, err = protocol.Unquote(raw)
		return err == nil && visible(h.Why)
	}
	if field == fieldPath {
		word, err := protocol.Unquote(raw)
		for policy, known := range policies {
			if word == known {
				h.Policy = Policy(policy)
			}
		}
		return err == nil && visible(word) // another word is one of a later version
	}
	n, ok := protocol.Number(raw)
	if !ok {
		return false
	}
	from := uint64(0)
	switch field {
	case fieldN, fieldN0, fieldN2, fieldOf, fieldAt, fieldAsk, fieldAns, fieldVersion, fieldPC, fieldQ, fieldWait, fieldAudio, fieldVideo:
		from = 1
	case fieldEnd:
		h.HasEnd = true
	case fieldTo:
		h.HasTo = true
	}
	*h.number(field) = n
	return n >= from
}

func (h *Header) number(field int) *uint64 {
	switch field {
	case fieldN:
		return &h.N[Data]
	case fieldR:
		return &h.R[Data]
	case fieldT:
		return &h.T[Data]
	case fieldG:
		return &h.G[Data]
	case fieldN0:
		return &h.N[Signalling]
	case fieldR0:
		return &h.R[Signalling]
	case fieldT0:
		return &h.T[Signalling]
	case fieldG0:
		return &h.G[Signalling]
	case fieldN2:
		return &h.N[Streams]
	case fieldR2:
		return &h.R[Streams]
	case fieldOf:
		return &h.Of
	case fieldAt:
		return &h.At
	case fieldAsk:
		return &h.Ask
	case fieldAns:
		return &h.Ans
	case fieldVersion:
		return &h.Version
	case fieldTo:
		return &h.To
	case fieldPC:
		return &h.About.PC
	case fieldQ:
		return &h.About.Q
	case fieldWait:
		return &h.About.Wait
	case fieldAudio:
		return &h.About.Audio
	case fieldVideo:
		return &h.About.Video
	}
	return &h.End
}

func (id *ID) set(raw []byte) bool {
	if len(raw) != len(id)+2 || raw[0] != '"' { // an ID has no escapes
		return false
	}
	for i := range id {
		c := raw[i+1]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
		id[i] = c
	}
	return true
}

// visible reports whether s has the form of the field why.
func visible(s string) bool {
	if len(s) == 0 || len(s) > MaxWhy {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}
