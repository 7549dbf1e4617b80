package relay

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// Kick takes a client out of its room, as its server could (D7), for so long or, if that is 0,
// for a day. By is "source" to keep out all newcomers from where it is, "subject" for those with
// the subject of its access token, or "". It lasts as long as the room does: unlike a server, the
// operator does not repeat it. It fails with ErrNobody, ErrTwo, ErrServer or ErrUnmarked.
func (r *Relay) Kick(peer, by string, stay time.Duration) error {
	in, who, err := r.namedPeer(peer)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	k := protocol.Request{ID: who, By: by, For: uint64((stay + time.Second - 1) / time.Second)}
	if _, wrong := r.kick(in, k, "the relay's operator has sent this peer away"); wrong != "" {
		return ErrUnmarked
	}
	return nil
}

// kick closes a client and keeps it out, with the others of its source or with its subject
// (D7). It gives the mark of those, or says what is wrong. With the room's lock held.
func (r *Relay) kick(l *lobby, k protocol.Request, reason string) (mark, wrong string) {
	until := r.clock() + kickFor.Milliseconds()
	if k.For > 0 {
		until = r.clock() + int64(k.For)*1000
	}
	if k.By != "" {
		mark = k.Mark
		if m := l.room.Client([]byte(k.ID)); mark == "" && m != nil {
			if marks := r.marks(l, k.By, m.Source, m.Subject); marks != nil {
				mark = marks[0]
			}
		}
		if mark == "" {
			return "", "unmarked"
		}
		r.bar(l, until, k.ID, asBar(mark))
	} else {
		r.bar(l, until, k.ID)
	}
	if client := l.room.Kick(k.ID); client != nil {
		client.close(protocol.CodeKicked, reason)
	}
	l.tellServer()
	return mark, ""
}

// bar keeps IDs and marks out of a room, within the bounds. With the room's lock held.
func (r *Relay) bar(l *lobby, until int64, names ...protocol.ID) {
	most := room.MaxKicked
	if r.bars.Load() >= mostBars || !r.sources.MayBar(l.opener, r.settings.Load().source) {
		most = max(ownBars, l.room.Bars())
	}
	l.room.Bar(until, most, names...)
	l.countBars(r)
}

// barred reports whether a client is kept out by its source or its subject. A newcomer is then
// told what everybody is told of a closed room. With mu held.
func (l *lobby) barred(s *session) bool {
	if l.room.Bars() == 0 {
		return false
	}
	now := s.relay.clock()
	defer l.countBars(s.relay)
	l.room.Barred(s.id, now) // forgets it if its time is over
	if s.arrival.resumed && l.expects(s, now) {
		return false
	}
	for _, by := range []string{"source", "subject"} {
		for _, mark := range s.relay.marks(l, by, s.source, s.subject) {
			if l.room.Barred(asBar(mark), now) {
				return true
			}
		}
	}
	return false
}

// expects reports whether a client with a token is no newcomer to the room: it is there, or the
// room is so new that it may have been in the one before. With mu held.
func (l *lobby) expects(s *session, now int64) bool {
	m := l.room.Client([]byte(s.id))
	return m != nil && (m.Present() || m.Away()) || now < l.opened+s.relay.config.Window.Milliseconds()
}

// forgetBars forgets those in all rooms whose time is over.
func (r *Relay) forgetBars() {
	r.mu.Lock()
	rooms := slices.Collect(maps.Values(r.rooms))
	r.mu.Unlock()
	now := r.clock()
	for _, l := range rooms {
		l.mu.Lock()
		l.room.ForgetBars(now)
		l.countBars(r)
		l.mu.Unlock()
	}
}

// marks are what the relay calls a source or a subject towards the server of a room: one for
// each of its keys, the one in use first. nil: there is none.
func (r *Relay) marks(l *lobby, by string, source netip.Addr, subject string) []string {
	if by == "source" {
		subject = ""
		if own := r.sources.Network(source); own.IsValid() {
			subject = own.String()
		}
	}
	if subject == "" {
		return nil
	}
	return r.config.Tokens.Marks(l.id, by, subject)
}

// asBar makes of a mark what no ID can be.
func asBar(mark string) protocol.ID { return protocol.ID("=" + mark) }
