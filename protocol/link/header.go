package link

import (
	"strconv"

	"github.com/sebas642/intercessor/protocol"
)

// The sequences of a link (L3): an index of the arrays in [Header].
const (
	// Signalling carries OFFER, ANSWER, CANDIDATE, NEGOTIATE and BYE. On the wire
	// its fields end in 0.
	Signalling = 0

	// Data carries everything else.
	Data = 1

	// Streams carries the frames of byte streams (S2). Its fields end in 2.
	Streams = 2
)

// Header is the object in the field "link" of a message. A number that is 0 is not
// written, because it says nothing. Exceptions are End and To, and the acknowledgements in
// an answer and in LINK_END.
type Header struct {
	ID    ID // the link
	Nonce ID // the client's instance, in LINK_OPEN and LINK_OPENED

	N  [3]uint64 // the number of this frame in its sequence, from 1
	Of uint64    // the frame is the first part of a message of this many bytes
	At uint64    // the frame is a further part, from this byte of the message on

	R [3]uint64 // received: all frames up to this one
	T [2]uint64 // taken by the application: all frames up to this one
	G [2]uint64 // granted: the sum of costs that the sender may reach

	Ask uint64 // a probe: asks for an answer
	Ans uint64 // the answer to the probe of this number

	End    uint64 // in LINK_END, if HasEnd: the sender's last frame in sequence Data
	HasEnd bool
	Ended  bool // the sender has LINK_END

	To    uint64 // in LINK_OPEN, if HasTo: the attempt of the server's connection for which early frames are (L14)
	HasTo bool
	Mine  bool // in LINK_OPENED: the connection To is one of the sender's

	Version uint64 // in LINK_OPEN and LINK_OPENED: the latest version that the sender speaks
	Policy  Policy // the same: which paths it allows

	About About // in frames of sequence Signalling

	Why string // in LINK_END and LINK_RESET: why the link ends; at most MaxWhy visible ASCII characters
}

// policies are the values of the field path.
var policies = [...]string{RelayOnly: "relay", DirectOnly: "direct"}

// MaxWhy is the longest Why, in bytes.
const MaxWhy = 64

// AppendHeader appends h as JSON, at most 512 bytes, to dst and returns the result. It
// checks nothing.
func AppendHeader(dst []byte, h *Header) []byte {
	start := len(dst)
	dst = appendID(dst, `,"id":"`, h.ID)
	dst = appendID(dst, `,"nonce":"`, h.Nonce)
	dst = appendNumber(dst, `,"n":`, h.N[Data])
	dst = appendNumber(dst, `,"n0":`, h.N[Signalling])
	dst = appendNumber(dst, `,"n2":`, h.N[Streams])
	dst = appendNumber(dst, `,"of":`, h.Of)
	dst = appendNumber(dst, `,"at":`, h.At)
	dst = appendAck(dst, `,"r":`, h.R[Data], h.Ans != 0 || h.HasEnd)
	dst = appendAck(dst, `,"t":`, h.T[Data], h.Ans != 0 || h.HasEnd)
	dst = appendNumber(dst, `,"g":`, h.G[Data])
	dst = appendAck(dst, `,"r0":`, h.R[Signalling], h.Ans != 0)
	dst = appendAck(dst, `,"t0":`, h.T[Signalling], h.Ans != 0)
	dst = appendNumber(dst, `,"g0":`, h.G[Signalling])
	dst = appendNumber(dst, `,"r2":`, h.R[Streams])
	dst = appendNumber(dst, `,"ask":`, h.Ask)
	dst = appendNumber(dst, `,"ans":`, h.Ans)
	if h.HasEnd {
		dst = strconv.AppendUint(append(dst, `,"end":`...), h.End, 10)
	}
	if h.Ended {
		dst = append(dst, `,"ended":true`...)
	}
	if h.HasTo {
		dst = strconv.AppendUint(append(dst, `,"to":`...), h.To, 10)
	}
	if h.Mine {
		dst = append(dst, `,"mine":true`...)
	}
	dst = appendNumber(dst, `,"v":`, h.Version)
	if h.Policy != Auto {
		dst = append(dst, `,"path":"`...)
		dst = append(append(dst, policies[h.Policy]...), '"')
	}
	dst = appendNumber(dst, `,"pc":`, h.About.PC)
	dst = appendNumber(dst, `,"q":`, h.About.Q)
	if h.About.ICE {
		dst = append(dst, `,"ice":true`...)
	}
	dst = appendNumber(dst, `,"wait":`, h.About.Wait)
	dst = appendNumber(dst, `,"audio":`, h.About.Audio)
	dst = appendNumber(dst, `,"video":`, h.About.Video)
	if h.Why != "" {
		dst = append(dst, `,"why":`...)
		dst = protocol.AppendString(dst, h.Why)
	}
	if len(dst) == start {
		return append(dst, "{}"...)
	}
	dst[start] = '{' // instead of the first comma
	return append(dst, '}')
}

func appendID(dst []byte, name string, id ID) []byte {
	if id == (ID{}) {
		return dst
	}
	dst = append(dst, name...)
	dst = append(dst, id[:]...)
	return append(dst, '"')
}

// appendAck appends an acknowledgement. With all it writes a zero, too (L8, L10).
func appendAck(dst []byte, name string, n uint64, all bool) []byte {
	if n == 0 && all {
		return append(append(dst, name...), '0')
	}
	return appendNumber(dst, name, n)
}

func appendNumber(dst []byte, name string, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendUint(append(dst, name...), n, 10)
}
