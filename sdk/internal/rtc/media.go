package rtc

// maxSections bounds the sections of one kind that the other peer can have this one make.
const maxSections = 16

// Sections are numbers of sections of a description (RFC 8829, section 5.2.1), one for each
// transceiver.
type Sections struct{ Audio, Video uint64 }

func (s Sections) all() int { return int(s.Audio + s.Video) }

// Sections returns how many this side needs. Only an OFFER can add some, so the side that does not
// offer has to ask for them.
func (p *Peer) Sections() Sections {
	pc := p.present()
	if pc == nil {
		return Sections{}
	}
	return pc.sections()
}

// MakeRoom has every later OFFER have so many sections at least.
func (p *Peer) MakeRoom(s Sections) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.room = s
}

func (p *Peer) makeRoom(pc *peerConn) error {
	p.mu.Lock()
	room := p.room
	p.mu.Unlock()
	has := pc.sections()
	for ; has.Audio < min(room.Audio, maxSections); has.Audio++ {
		if err := pc.addSection("audio"); err != nil {
			return err
		}
	}
	for ; has.Video < min(room.Video, maxSections); has.Video++ {
		if err := pc.addSection("video"); err != nil {
			return err
		}
	}
	return nil
}
