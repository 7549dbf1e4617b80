package protocol

// PathOutcome is how an attempt of two peers to find a direct path has ended: the fields of
// RELAY_OUTCOME (D12).
type PathOutcome struct {
	// Outcome is one of Outcomes.
	Outcome string

	// Local and Remote are the types of the candidates of the selected pair, one of
	// CandidateTypes each, or "" if they are not known or there is no pair.
	Local, Remote string

	// Milliseconds is how long the attempt took until there was a pair, or 0.
	Milliseconds uint64
}

// Outcomes lists the outcomes of an attempt: there is a path; there is one through a TURN server;
// there is none, and everything goes over the relay; there is none, and the application needs one.
var Outcomes = []string{"direct", "turn", "relay", "failed"}

// FeatureOutcomes in Hello.Features says that the relay takes RELAY_OUTCOME, as it stands there.
var FeatureOutcomes = `"outcomes"`

// CandidateTypes lists the types of candidates (RFC 8839).
var CandidateTypes = []string{"host", "srflx", "prflx", "relay"}

// outcome parses the fields of RELAY_OUTCOME, and reports whether they are valid.
func (r *Request) outcome(values [][]byte) (ok bool) {
	word := func(raw []byte, of []string) (text string) {
		if raw == nil {
			return ""
		}
		text, err := Unquote(raw)
		known := false
		for _, w := range of {
			known = known || w == text
		}
		ok = ok && err == nil && known
		return text
	}
	ok = true
	o := PathOutcome{}
	o.Outcome, o.Local, o.Remote = word(values[0], Outcomes), word(values[1], CandidateTypes), word(values[2], CandidateTypes)
	if raw := values[3]; raw != nil && ok {
		o.Milliseconds, ok = Number(raw)
	}
	r.Path = &o
	return ok
}

// appendOutcome appends the fields. No value needs escapes.
func appendOutcome(dst []byte, o *PathOutcome) []byte {
	text := `,"outcome":"` + o.Outcome
	if o.Local != "" {
		text += `","local":"` + o.Local
	}
	if o.Remote != "" {
		text += `","remote":"` + o.Remote
	}
	dst = append(dst, text+`"`...)
	if o.Milliseconds > 0 {
		dst = appendNumber(append(dst, `,"ms":`...), o.Milliseconds)
	}
	return dst
}
