package protocol

// Hello is the message of HELLO.
type Hello struct {
	ID ID // the peer's own

	// Room is the ID of a client's server if the client asked for it in another spelling
	// (B52), else "".
	Room ID

	// ServerInfo is one JSON value that the server left for its clients, or nil.
	ServerInfo []byte

	// Resume is the token with which the peer may resume (R4). A base peer gets
	// none, and none of the fields below.
	Resume string

	// Window is for how many seconds the relay waits for the peer (R9).
	Window int

	// Resumed says that the peer has resumed (R5).
	Resumed bool

	// Server is the subprotocol that a client's server speaks, "" for base. It is valid
	// if ServerKnown is true.
	Server      string
	ServerKnown bool

	// ServerOrder is the order of the newest connection of a client's server that the
	// relay knows, zero if it has seen none (P3).
	ServerOrder Order

	Limits Limits

	// Instance says which start of which relay this is (W10), or is "".
	Instance string

	// Features is one JSON array of texts, or nil.
	Features []byte

	ICE ICE // the STUN and TURN servers that the peer may use (I1)
}

// Limits are the relay's limits in bytes, 0 if it did not name them.
type Limits struct {
	Message  int // one message of a peer
	Delivery int // one message of the relay
	Outbox   int // all messages that wait for one peer

	Rate       int  // what the relay takes from this peer in a second (D11)
	StreamRate int  // the same of LINK_STREAM
	NoStreams  bool // it takes no LINK_STREAM
}

// ParseHello parses the message of HELLO. ServerInfo, Features and ICEServers are
// slices of message. The fields of v1 are read if there is a field "resume", which a base
// peer does not get. The error is an *Error.
func ParseHello(message []byte) (Hello, error) {
	var values [3][]byte
	if err := ScanObject(message, helloNames, values[:]); err != nil {
		return Hello{}, err
	}
	id, err := peerID("id", values[0])
	if err != nil {
		return Hello{}, err
	}
	h := Hello{ID: id, ServerInfo: values[1]}
	if values[2] != nil {
		if h.Room, err = peerID("room", values[2]); err != nil {
			return Hello{}, err
		}
	}
	if err := h.parseV1(message); err != nil {
		return Hello{}, err
	}
	return h, nil
}

// parseV1 reads the fields of v1, in a separate scan: a base peer must ignore them,
// whatever they contain.
func (h *Hello) parseV1(message []byte) error {
	var v [10][]byte
	err := ScanObject(message, helloNamesV1, v[:])
	if v[0] == nil {
		return nil
	}
	if err != nil {
		return err
	}
	var ok bool
	if h.Resume, ok = token(v[0]); !ok {
		return errToken()
	}
	if h.Window, err = count("window", v[1]); err != nil {
		return err
	}
	if h.Resumed, ok = boolean(v[2]); v[2] != nil && !ok {
		return errField("resumed", "true or false")
	}
	if h.ServerKnown = v[3] != nil; h.ServerKnown {
		if h.Server, err = textField("server", v[3]); err != nil {
			return err
		}
	}
	if v[8] != nil {
		if h.ServerOrder, ok = parseOrder(v[8]); !ok {
			return errOrder("serverOrder")
		}
	}
	if h.Limits, err = parseLimits(v[4]); err != nil {
		return err
	}
	if h.Features = v[5]; h.Features != nil && h.Features[0] != '[' {
		return errField("features", "an array")
	}
	if v[9] != nil {
		if h.Instance, ok = token(v[9]); !ok {
			return errField("instance", "characters of base64url")
		}
	}
	h.ICE, err = iceFields(v[6], v[7])
	return err
}

func parseLimits(raw []byte) (l Limits, err error) {
	if raw == nil {
		return l, nil
	}
	if raw[0] != '{' {
		return l, errField("limits", "an object")
	}
	var values [6][]byte
	if err := ScanObject(raw, limitsNames, values[:]); err != nil {
		return l, err
	}
	for i, n := range []*int{&l.Message, &l.Delivery, &l.Outbox, &l.Rate, &l.StreamRate} {
		if *n, err = count(limitsNames[i], values[i]); err != nil {
			return Limits{}, err
		}
	}
	if raw := values[5]; raw != nil {
		streams, ok := boolean(raw)
		if !ok {
			return Limits{}, errField("streams", "true or false")
		}
		l.NoStreams = !streams
	}
	return l, nil
}

func appendLimits(dst []byte, l Limits) []byte {
	for i, n := range []int{l.Message, l.Delivery, l.Outbox, l.Rate, l.StreamRate} {
		if i >= 3 && n == 0 {
			continue // which a missing field says as well
		}
		dst = append(dst, ',', '"')
		if i == 0 {
			dst[len(dst)-2] = '{'
		}
		dst = append(dst, limitsNames[i]...)
		dst = appendCount(append(dst, `":`...), n)
	}
	if l.NoStreams {
		dst = append(dst, `,"streams":false`...)
	}
	return append(dst, '}')
}

// AppendHello appends the message of HELLO to dst and returns the result. It writes the
// fields of v1 if there is a token.
func AppendHello(dst []byte, h Hello) []byte {
	dst = appendID(dst, "id", h.ID)
	if h.Room != "" {
		dst = append(dst, `,"room":"`...)
		dst = append(dst, h.Room...)
		dst = append(dst, '"')
	}
	if h.ServerInfo != nil {
		dst = append(dst, `,"serverInfo":`...)
		dst = append(dst, h.ServerInfo...)
	}
	if h.Resume == "" {
		return append(dst, '}')
	}
	dst = append(dst, `,"resume":"`...)
	dst = append(dst, h.Resume...)
	dst = append(dst, `","window":`...)
	dst = appendCount(dst, h.Window)
	dst = append(dst, `,"resumed":`...)
	dst = appendBoolean(dst, h.Resumed)
	if h.ServerKnown {
		dst = append(dst, `,"server":`...)
		dst = appendString(dst, h.Server)
	}
	if h.ServerOrder != (Order{}) {
		dst = append(dst, `,"serverOrder":`...)
		dst = appendOrder(dst, h.ServerOrder)
	}
	dst = appendLimits(append(dst, `,"limits":`...), h.Limits)
	dst = append(dst, `,"features":`...)
	if h.Features == nil {
		dst = append(dst, `[]`...)
	}
	dst = append(dst, h.Features...)
	if h.Instance != "" {
		dst = append(append(append(dst, `,"instance":"`...), h.Instance...), '"')
	}
	if h.ICE.Servers != nil {
		dst = appendICE(append(dst, ','), h.ICE)
	}
	return append(dst, '}')
}

var (
	helloNames   = []string{"id", "serverInfo", "room"}
	helloNamesV1 = []string{"resume", "window", "resumed", "server", "limits", "features", "iceServers", "iceExpiresIn", "serverOrder", "instance"}
	limitsNames  = []string{"message", "delivery", "outbox", "rate", "streamRate", "streams"}
)
