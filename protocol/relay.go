package protocol

// Hello is the message of HELLO: what the relay tells a peer about itself.
type Hello struct {
	ID ID // the peer's own

	// ServerInfo is one JSON value that the server left for its clients, or nil.
	ServerInfo []byte
}

// ParseHello parses the message of HELLO. ServerInfo is a slice of message. The
// error is an *Error.
func ParseHello(message []byte) (Hello, error) {
	var values [2][]byte
	if err := ScanObject(message, helloNames, values[:]); err != nil {
		return Hello{}, err
	}
	id, err := peerID(values[0])
	if err != nil {
		return Hello{}, err
	}
	return Hello{ID: id, ServerInfo: values[1]}, nil
}

// AppendHello appends the message of HELLO to dst and returns the result.
func AppendHello(dst []byte, h Hello) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, h.ID...)
	dst = append(dst, '"')
	if h.ServerInfo != nil {
		dst = append(dst, `,"serverInfo":`...)
		dst = append(dst, h.ServerInfo...)
	}
	return append(dst, '}')
}

// ParsePeer parses the message of PEER_JOINED and PEER_GONE and returns the ID of
// the peer that came or left. The error is an *Error.
func ParsePeer(message []byte) (ID, error) {
	var values [1][]byte
	if err := ScanObject(message, peerNames, values[:]); err != nil {
		return "", err
	}
	return peerID(values[0])
}

// AppendPeer appends the message of PEER_JOINED and PEER_GONE to dst and returns
// the result.
func AppendPeer(dst []byte, id ID) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, id...)
	return append(dst, `"}`...)
}

var (
	helloNames = []string{"id", "serverInfo"}
	peerNames  = []string{"id"}
)

// peerID reads a field "id". RelayID is nobody's ID.
func peerID(raw []byte) (ID, error) {
	if raw == nil {
		return "", errMissing("id")
	}
	id, ok := idField(raw)
	if !ok || string(id) == string(RelayID) {
		return "", errID("id")
	}
	return ID(id), nil
}
