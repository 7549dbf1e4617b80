package rtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// ICECause says why there is no direct path. Values may be added.
type ICECause string

const (
	// CauseNoAnswer: the other peer has not answered. It may not support WebRTC.
	CauseNoAnswer ICECause = "no-answer"

	// CauseNoPath: no address of one peer reaches one of the other.
	CauseNoPath ICECause = "no-path"

	// CauseTURNRefused: no path, and the TURN server that could help refuses the credential.
	CauseTURNRefused ICECause = "turn-refused"

	// CauseTURNUnreachable: no path, and the TURN server that could help does not answer.
	CauseTURNUnreachable ICECause = "turn-unreachable"

	// CauseNoTURN: no path, because one side uses nothing but TURN servers, and knows none.
	CauseNoTURN ICECause = "no-turn"

	// CauseTURNApart: no path was found, although both sides have a relayed address. The relay's own
	// TURN server connects only peers that both use it, at the same node (I7).
	CauseTURNApart ICECause = "turn-apart"

	// CauseHandshake: the peers reach each other, but the other peer's certificate differs from
	// the one that its messages name.
	CauseHandshake ICECause = "handshake"

	// CauseBusy: the listener has as many paths as it allows.
	CauseBusy ICECause = "busy"

	// CauseLost: there was a path, and it broke.
	CauseLost ICECause = "lost"
)

func (c ICECause) sentence() string {
	switch c {
	case CauseNoAnswer:
		return "it does not answer; is it still there, and does it take part in WebRTC?"
	case CauseTURNRefused:
		return "the TURN server refuses the credential"
	case CauseTURNUnreachable:
		return "the TURN server cannot be reached"
	case CauseNoTURN:
		return "it may use TURN servers only, and neither the program nor the relay names one"
	case CauseTURNApart:
		return "perhaps the TURN servers of the two do not reach each other; the relay's own connects only peers that both use it, at the same node"
	case CauseHandshake:
		return "the other peer's certificate is not the one that its messages name, so something on the way changes messages"
	case CauseBusy:
		return "the listener has as many direct paths as it allows; messages take the relay"
	case CauseLost:
		return "it broke, and no other was found"
	}
	return "no address of one peer reaches one of the other; between some networks only a TURN server helps"
}

// unreachable is the code that browsers use for a server that does not answer.
const unreachable = 701

// ServerError is the failure of a request to a STUN or TURN server.
type ServerError struct {
	URL  string
	Code int    // the STUN error code of the answer, or 701 if the server cannot be reached
	Text string // the server's reason phrase, or what failed
}

// Error names the server and its answer.
func (e ServerError) Error() string { return e.URL + ": " + strconv.Itoa(e.Code) + " " + e.Text }

// maxServers bounds the server errors that are kept.
const maxServers = 16

// cause returns the cause that a TURN server's failure amounts to, or "" for a STUN server.
func (e ServerError) cause() ICECause {
	switch {
	case !strings.HasPrefix(e.URL, "turn"):
		return ""
	case e.Code == unreachable:
		return CauseTURNUnreachable
	}
	return CauseTURNRefused
}

// candidates holds the candidate lines that ICE tries, and the failures of servers.
type candidates struct {
	local, remote []string
	unused        int           // number of remote candidates that were not used
	servers       []ServerError // failures of this side's servers
	there         ICECause      // what the other side reports about its servers
}

// turn returns the cause if the TURN servers of one side failed. there is true if that side
// is the other peer.
func (c *candidates) turn() (cause ICECause, there bool) {
	if !slices.ContainsFunc(c.local, isRelay) {
		for _, e := range c.servers {
			if cause == "" || e.cause() == CauseTURNRefused { // a refusal says more than no answer
				cause = e.cause()
			}
		}
	}
	if cause == "" && !slices.ContainsFunc(c.remote, isRelay) {
		return c.there, c.there != ""
	}
	return cause, false
}

func isRelay(line string) bool { return kindOf(line) == "relay" }

// kindOf returns the type of a candidate.
func kindOf(line string) string {
	_, rest, _ := strings.Cut(line, " typ ")
	kind, _, _ := strings.Cut(rest, " ")
	return kind
}

// failure returns the error for a path that could not be established. err is why the caller's wait
// ended early, or nil.
func (c *candidates) failure(cause ICECause, err error) *ICEError {
	e := &ICEError{
		Cause: cause, Local: slices.Clone(c.local), Remote: slices.Clone(c.remote),
		Unused: c.unused, Servers: slices.Clone(c.servers), Err: err,
	}
	if turn, there := c.turn(); turn != "" && (cause == CauseNoPath || cause == CauseNoTURN || cause == CauseTURNUnreachable && !there || cause == CauseNoAnswer && len(c.remote) > 0) {
		e.Cause, e.There = turn, there
	} else if cause == CauseNoPath && err == nil && slices.ContainsFunc(c.local, isRelay) && slices.ContainsFunc(c.remote, isRelay) {
		e.Cause = CauseTURNApart
	}
	return e
}

func keep(noted []string, lines ...string) []string {
	for _, line := range lines {
		if len(noted) < maxNoted && !slices.Contains(noted, line) {
			noted = append(noted, line)
		}
	}
	return noted
}

// maxNoted bounds how many candidates of a side are remembered for an error.
const maxNoted = 64

// onServer notes a server's failure, and tells the other peer if it changes the cause.
func (p *Peer) onServer(e ServerError) {
	p.mu.Lock()
	before, _ := p.candidates.turn()
	known := 0
	for ; known < len(p.candidates.servers) && p.candidates.servers[known].URL != e.URL; known++ {
	}
	if known == len(p.candidates.servers) && known < maxServers {
		p.candidates.servers = append(p.candidates.servers, e)
	} else if known < maxServers && p.candidates.servers[known].Code == unreachable {
		p.candidates.servers[known] = e // another address of the server says more
	}
	now, there := p.candidates.turn()
	p.changePath()
	p.mu.Unlock()
	if now != before && !there {
		p.tell("problem", now)
	}
}

// tell has run send a word to the other peer, in an otherwise empty candidate (B47).
func (p *Peer) tell(member string, word ICECause) {
	message := []byte(`{"candidate":"","` + member + `":"` + string(word) + `"}`)
	p.post(job{typ: protocol.TypeCandidate, message: message, local: true})
}

// hear reads what the other peer's tell has put into a candidate.
func (p *Peer) hear(message []byte) {
	var values [2][]byte
	if protocol.ScanObject(message, []string{"problem", "failed"}, values[:]) != nil {
		return
	}
	problem, failed := parseCause(values[0]), parseCause(values[1])
	var err *ICEError
	p.mu.Lock()
	if problem != "" {
		p.candidates.there = problem
		p.changePath()
	}
	if failed != "" {
		err = p.candidates.failure(failed, nil)
		err.There = err.There || err.Cause == failed
	}
	p.mu.Unlock()
	if err != nil {
		p.fail(err)
	}
}

// parseCause returns the cause that a word of the other peer names, or "" if value is none.
func parseCause(value []byte) ICECause {
	word, err := protocol.Unquote(value)
	if err != nil {
		return ""
	}
	c := ICECause(word)
	if c.sentence() == CauseNoPath.sentence() {
		return CauseNoPath // also for a word of a later version
	}
	return c
}
