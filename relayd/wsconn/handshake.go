package wsconn

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
)

// upgrade checks a handshake (RFC 6455, section 4.2.1) and takes over its
// connection. It gives the answer that the caller has to send before its first
// frame, so that both can leave together, and what has come behind the
// handshake. Where it fails it has answered with an HTTP status, and the error
// says why. The subprotocol is one that was offered, or "".
func upgrade(w http.ResponseWriter, r *http.Request, subprotocol string) (conn net.Conn, answer, early []byte, err error) {
	if status, text := check(r); status != 0 {
		refuse(w, r, status, text)
		return nil, nil, nil, handshakeError(text)
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot hand over the connection", http.StatusNotImplemented)
		return nil, nil, nil, err
	}
	early, _ = buffered.Reader.Peek(buffered.Reader.Buffered())
	if plain, ok := conn.(*PlainConn); ok {
		conn = plain.TCPConn
	}
	return conn, appendAnswer(r.Header.Get("Sec-WebSocket-Key"), subprotocol), append([]byte(nil), early...), nil
}

type handshakeError string

func (e handshakeError) Error() string { return string(e) }

// IsHandshake says whether a request asks for a WebSocket at all. One that does
// not is answered by Refuse.
func IsHandshake(r *http.Request) bool {
	return r.ProtoMajor == 1 && r.ProtoMinor >= 1 &&
		hasToken(r.Header, "Upgrade", "websocket") && hasToken(r.Header, "Connection", "upgrade")
}

// Refuse answers a request that is no handshake.
func Refuse(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusUpgradeRequired, "here peers connect by WebSocket: open this address with ws:// or wss://")
}

func refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	w.Header().Set("Sec-WebSocket-Version", "13")
	switch {
	case status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodGet)
	case status == http.StatusUpgradeRequired && r.ProtoMajor == 1: // RFC 9113, section 8.2.2, forbids these
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
	}
	http.Error(w, text, status)
}

// check gives the status and the sentence by which a handshake is refused.
func check(r *http.Request) (status int, text string) {
	switch {
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, "a WebSocket handshake is a GET"
	case r.ContentLength != 0:
		return http.StatusBadRequest, "a WebSocket handshake has no body"
	case len(r.Header["Sec-Websocket-Version"]) != 1 || r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusBadRequest, "this server speaks version 13 of WebSocket, and no other"
	}
	keys := r.Header["Sec-Websocket-Key"]
	if len(keys) == 1 {
		if key, err := base64.StdEncoding.DecodeString(keys[0]); err == nil && len(key) == 16 {
			return 0, ""
		}
	}
	return http.StatusBadRequest, "a WebSocket handshake has one Sec-WebSocket-Key, which is 16 bytes in base64"
}

// hasToken says whether a header that is a list holds a token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h[name] {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// appendAnswer makes the answer to a handshake (section 4.2.2). No extension is
// chosen.
func appendAnswer(key, subprotocol string) []byte {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // section 1.3
	sum := sha1.Sum([]byte(key + guid))
	answer := append(make([]byte, 0, 256), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	answer = base64.StdEncoding.AppendEncode(answer, sum[:])
	if subprotocol != "" {
		answer = append(answer, "\r\nSec-WebSocket-Protocol: "...)
		answer = append(answer, subprotocol...)
	}
	return append(answer, "\r\n\r\n"...)
}
