package link

// About says in each message of sequence Signalling which negotiation of the direct path it
// belongs to (W6). The zero value, as a peer of version 1 sends it, says nothing.
type About struct {
	PC   uint64 // the connection, from 1
	Q    uint64 // the OFFER of that connection, from 1; 0: none has come yet
	ICE  bool   // in NEGOTIATE: its sender asks for an ICE restart
	Wait uint64 // in NEGOTIATE: its sender has no capacity; seconds until the next OFFER

	Audio, Video uint64 // in NEGOTIATE: how many sections of each kind its sender needs in all
}

// Signal is Send for a message of signalling, which has no outcome. Between links of version 1
// about is left out.
func (l *Link) Signal(now Time, typ string, message []byte, about About) error {
	return l.send(now, outMessage{typ: typ, data: message, about: &about})
}

// about returns what the header says of a negotiation, or nil.
func (h *Header) about() *About {
	if h.About == (About{}) {
		return nil
	}
	about := h.About
	return &about
}
