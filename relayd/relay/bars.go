package relay

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// Kick removes a client from its room and keeps it out for stay, or for a day if stay is
// 0, as its server could (D7). If by is "source", it also keeps out newcomers of the same
// source; if "subject", those with the same subject of an access token. It ends with the
// room. It fails with ErrNobody, ErrTwo, ErrServer or ErrUnmarked.
func (r *Relay) Kick(peer, by string, stay time.Duration) (k Kicked, err error) {
	in, who, err := r.namedPeer(peer)
	if err != nil {
		return k, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	request := protocol.Request{ID: who, By: by, For: uint64((stay + time.Second - 1) / time.Second)}
	mark, wrong := r.kick(in, request, byOperator)
	if wrong != "" {
		return k, ErrUnmarked
	}
	k = Kicked{Room: in.id, Names: []protocol.ID{who}, Until: time.Now().Add(cmp.Or(stay, kickFor))}
	if mark != "" {
		k.Names = append(k.Names, asBar(mark))
	}
	return k, nil
}

const byOperator = "the relay's operator has removed this peer"

// Kicked is what an operator's kick keeps out of a room. Other relays with the same resume keys
// keep it out, too, if they get it.
type Kicked struct {
	Room  protocol.ID
	Names []protocol.ID // the client's, and that of its source or its subject
	Until time.Time
}

// Keep keeps out what an operator has kicked from a room that is here.
func (r *Relay) Keep(room protocol.ID, kicked []Kicked) {
	if l := r.find(room); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.keep(r, kicked)
	}
}

// keep is Keep with mu held.
func (l *lobby) keep(r *Relay, kicked []Kicked) {
	for _, k := range kicked {
		r.bar(l, r.clock()+time.Until(k.Until).Milliseconds(), k.Names...)
		for _, name := range k.Names {
			if client := l.room.Kick(name); client != nil {
				client.close(protocol.CodeKicked, byOperator)
			}
		}
	}
}

// kick closes a client and keeps it out, and newcomers of its source or subject if k.By
// says so (D7). It returns the mark of that source or subject, or the error for
// RELAY_ANSWER. With the lobby's mu held.
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

// bar keeps IDs and marks out of a room until a time of the relay's clock. When too many
// are kept out, the room forgets others. With l.mu held.
func (r *Relay) bar(l *lobby, until int64, names ...protocol.ID) {
	most := room.MaxKicked
	if r.bars.Load() >= mostBars || !r.sources.MayBar(l.opener, r.settings.Load().source) {
		most = max(ownBars, l.room.Bars())
	}
	l.room.Bar(until, most, names...)
	l.countBars(r)
}

// isBarred reports whether a client is kept out by its source or its subject. A newcomer
// then gets the same answer as at a closed room. With mu held.
func (l *lobby) isBarred(s *session) bool {
	if l.room.Bars() == 0 {
		return false
	}
	now := s.relay.clock()
	defer l.countBars(s.relay)
	l.room.Barred(s.id, now) // forgets an expired entry
	if s.arrival.resumed && l.isKnown(s, now) {
		return false
	}
	return l.isMarked(s.relay, s.source, s.subject, now)
}

// isMarked reports whether clients of a source or a subject are kept out. With mu held.
func (l *lobby) isMarked(r *Relay, source netip.Addr, subject string, now int64) bool {
	for _, by := range []string{"source", "subject"} {
		for _, mark := range r.marks(l, by, source, subject) {
			if l.room.Barred(asBar(mark), now) {
				return true
			}
		}
	}
	return false
}

// isKnown reports whether a client with a resume token may keep its place: it has one, or
// the room is so new that the client may have been in the room before it. With mu held.
func (l *lobby) isKnown(s *session, now int64) bool {
	m := l.room.Client([]byte(s.id))
	return m != nil && (m.Present() || m.Away()) || now < l.opened+s.relay.config.Window.Milliseconds()
}

// forgetBars removes the expired entries of all rooms.
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

// marks returns the names that stand for a source or a subject towards a room's server
// (D7): one for each key, that of the key in use first. It returns nil if the client has
// no source or no subject.
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

// asBar prefixes a mark with a character that no ID contains.
func asBar(mark string) protocol.ID { return protocol.ID("=" + mark) }
