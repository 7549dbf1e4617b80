package link

import "github.com/sebas642/intercessor/protocol"

// The columns of the table of fields and messages in PROTOCOL.md.
type fields uint16

const (
	hasID     fields = 1 << iota
	hasNonce         // nonce
	hasFrame         // n, n0, of, at
	hasAck           // r, r0, t, t0
	hasGrant         // g, g0
	hasProbe         // ask, ans, ended
	hasEnd           // end
	hasWhy           // why
	hasPath          // v, path
	hasTo            // to
	hasMine          // mine
	hasAbout         // pc, q, ice, wait, audio, video
	hasStream        // n2
)

func (h *Header) fields() (f fields) {
	for _, group := range [...]struct {
		there bool
		field fields
	}{
		{h.ID != ID{}, hasID},
		{h.Nonce != ID{}, hasNonce},
		{h.N[Signalling]|h.N[Data]|h.Of|h.At != 0, hasFrame},
		{h.N[Streams] != 0, hasStream},
		{h.R != [3]uint64{} || h.T != [2]uint64{}, hasAck},
		{h.G != [2]uint64{}, hasGrant},
		{h.Ask|h.Ans != 0 || h.Ended, hasProbe},
		{h.HasEnd, hasEnd},
		{h.Why != "", hasWhy},
		{h.Version != 0 || h.Policy != Auto, hasPath},
		{h.HasTo, hasTo},
		{h.Mine, hasMine},
		{h.About != About{}, hasAbout},
	} {
		if group.there {
			f |= group.field
		}
	}
	return f
}

// fits reports whether each field of h may stand in a message of this type. A type of
// a later version may have any.
func (h *Header) fits(typ string) bool {
	allowed := hasID | hasFrame | hasAck | hasGrant
	switch typ {
	case protocol.TypeLinkOpen:
		allowed = hasNonce | hasGrant | hasPath | hasTo
	case protocol.TypeLinkOpened:
		allowed = hasID | hasNonce | hasAck | hasGrant | hasPath | hasMine
	case protocol.TypeLinkAck:
		allowed = hasID | hasAck | hasGrant | hasProbe
	case protocol.TypeLinkStream:
		allowed = hasID | hasStream | hasAck | hasGrant
	case protocol.TypeLinkEnd:
		allowed = hasID | hasAck | hasGrant | hasEnd | hasWhy
	case protocol.TypeLinkReset:
		allowed = hasID | hasWhy
	default:
		if len(typ) >= 5 && typ[:5] == "LINK_" {
			return true
		}
		if Sequence(typ) == Signalling {
			allowed |= hasAbout
		}
	}
	return h.fields()&^allowed == 0
}
