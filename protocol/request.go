package protocol

// Request is a request of a peer to the relay: the message of RELAY_KICK, RELAY_DOOR, RELAY_INFO
// (D7) and RELAY_OUTCOME (D12). Each has some of the fields; the others are zero.
type Request struct {
	Number uint64 // chosen by the peer; the answer repeats it

	ID         ID           // RELAY_KICK: the client to be closed
	For        uint64       // RELAY_KICK: for how many seconds it is kept out; 0: the relay decides
	By         string       // RELAY_KICK: what else to keep out, "source" or "subject"; "": nothing
	Mark       string       // RELAY_KICK: the mark in the answer to an earlier such request; "": none
	Closed     bool         // RELAY_DOOR: newcomers are refused
	ServerInfo []byte       // RELAY_INFO: one JSON value, nil for null
	Path       *PathOutcome // RELAY_OUTCOME: what is to be counted
}

// Values of Answer.Error for requests that ParseRequest refuses.
const (
	requestUnknown = "unknown" // no such request
	requestInvalid = "invalid" // a field is missing or wrong
)

// Values of Request.By: what RELAY_KICK keeps out in addition to the client's ID (D7).
const (
	bySource  = "source"
	bySubject = "subject"
)

// maxMark bounds a mark, in bytes.
const maxMark = 64

// ParseRequest parses the message of the request typ. ServerInfo is a slice of message.
// Instead of an error it returns the value of Answer.Error, "" if the request is valid. An
// invalid request has only its number, 0 if that cannot be read.
func ParseRequest(typ string, message []byte) (Request, string) {
	names := requestNames // only the number
	switch typ {
	case TypeRelayKick:
		names = kickNames
	case TypeRelayDoor:
		names = doorNames
	case TypeRelayInfo:
		names = infoNames
	case TypeRelayOutcome:
		names = outcomeNames
	}
	var values [5][]byte
	numbered, wrong := scanRequest(message, names, values[:len(names)])
	if len(names) == 1 {
		return numbered, requestUnknown
	}
	if wrong != "" || values[1] == nil {
		return numbered, requestInvalid
	}

	r, ok := numbered, false
	switch raw := values[1]; typ {
	case TypeRelayKick:
		ok = r.kick(values[1:])
	case TypeRelayOutcome:
		ok = r.outcome(values[1:])
	case TypeRelayDoor:
		r.Closed, ok = boolean(raw)
	case TypeRelayInfo:
		ok = len(raw) <= MaxServerInfo
		if string(raw) != "null" {
			r.ServerInfo = raw
		}
	}
	if !ok {
		return numbered, requestInvalid
	}
	return r, ""
}

// kick parses the fields of RELAY_KICK, and reports whether they are valid.
func (r *Request) kick(values [][]byte) (ok bool) {
	id, ok := idField(values[0])
	r.ID = ID(id)
	if raw := values[1]; ok && raw != nil {
		r.For, ok = Number(raw)
		ok = ok && r.For > 0
	}
	if raw := values[2]; ok && raw != nil {
		var err error
		r.By, err = Unquote(raw)
		ok = err == nil && (r.By == bySource || r.By == bySubject)
	}
	if raw := values[3]; ok && raw != nil {
		r.Mark, ok = token(raw)
		ok = ok && r.By != "" && len(r.Mark) <= maxMark
	}
	return ok
}

// scanRequest parses the number of a request, and returns the fields' raw values.
func scanRequest(message []byte, names []string, values [][]byte) (r Request, wrong string) {
	err := ScanObject(message, names, values)
	if e, _ := err.(*Error); e != nil && e.Code != CodeRepeatedField {
		return Request{}, requestInvalid // not an object
	}
	if err != nil {
		// The number is valid unless it is the repeated field.
		var number [1][]byte
		if ScanObject(message, requestNames, number[:]) != nil {
			return Request{}, requestInvalid
		}
		wrong = requestInvalid
	}
	n, ok := Number(values[0])
	if !ok {
		return Request{}, requestInvalid
	}
	return Request{Number: n}, wrong
}

// AppendRequest appends the message of the request typ to dst, with the fields that
// typ has, and returns the result. It checks nothing.
func AppendRequest(dst []byte, typ string, r Request) []byte {
	dst = appendRequestNumber(dst, r.Number)
	switch typ {
	case TypeRelayKick:
		dst = append(dst, `,"id":"`...)
		dst = append(dst, r.ID...)
		dst = append(dst, '"')
		if r.For > 0 {
			dst = append(dst, `,"for":`...)
			dst = appendNumber(dst, r.For)
		}
		if r.By != "" {
			dst = append(dst, `,"by":`...)
			dst = appendString(dst, r.By)
		}
		if r.Mark != "" {
			dst = append(dst, `,"mark":`...)
			dst = appendString(dst, r.Mark)
		}
	case TypeRelayOutcome:
		dst = appendOutcome(dst, r.Path)
	case TypeRelayDoor:
		dst = append(dst, `,"closed":`...)
		dst = appendBoolean(dst, r.Closed)
	case TypeRelayInfo:
		dst = append(dst, `,"serverInfo":`...)
		if r.ServerInfo == nil {
			dst = append(dst, "null"...)
		}
		dst = append(dst, r.ServerInfo...)
	}
	return append(dst, '}')
}

// Answer is the message of RELAY_ANSWER.
type Answer struct {
	Number uint64 // of the request, 0 if the relay could not read it
	Error  string // "unknown", "invalid", "denied", "unmarked" or one of a later relay; "" on success
	Mark   string // for RELAY_KICK by source or subject: the mark with which to repeat it
}

// ParseAnswer parses the message of RELAY_ANSWER. The error is an *Error.
func ParseAnswer(message []byte) (Answer, error) {
	var values [3][]byte
	if err := ScanObject(message, answerNames, values[:]); err != nil {
		return Answer{}, err
	}
	if values[0] == nil {
		return Answer{}, errMissing("request")
	}
	n, ok := Number(values[0])
	if !ok {
		return Answer{}, errField("request", "a number below 2^53")
	}
	what, err := textField("error", values[1])
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Number: n, Error: what}
	if values[2] != nil {
		if a.Mark, ok = token(values[2]); !ok || len(a.Mark) > maxMark {
			return Answer{}, errField("mark", "unpadded base64url, at most 64 bytes")
		}
	}
	return a, nil
}

// AppendAnswer appends the message of RELAY_ANSWER to dst and returns the result.
func AppendAnswer(dst []byte, a Answer) []byte {
	dst = appendRequestNumber(dst, a.Number)
	if a.Error != "" {
		dst = append(dst, `,"error":`...)
		dst = appendString(dst, a.Error)
	}
	if a.Mark != "" {
		dst = append(dst, `,"mark":`...)
		dst = appendString(dst, a.Mark)
	}
	return append(dst, '}')
}

func appendRequestNumber(dst []byte, n uint64) []byte {
	dst = append(dst, `{"request":`...)
	return appendNumber(dst, n)
}

var (
	requestNames = []string{"request"}
	kickNames    = []string{"request", "id", "for", "by", "mark"}
	doorNames    = []string{"request", "closed"}
	infoNames    = []string{"request", "serverInfo"}
	outcomeNames = []string{"request", "outcome", "local", "remote", "ms"}
	answerNames  = []string{"request", "error", "mark"}
)
