package wsconn

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
)

// upgrade checks a handshake (RFC 6455, section 4.2.1) and takes over its connection. It
// returns the bytes received behind the handshake, too. After an error the request is answered
// with an HTTP status.
func upgrade(w http.ResponseWriter, r *http.Request) (conn net.Conn, early []byte, err error) {
	if status, text := check(r); status != 0 {
		refuse(w, r, status, text)
		return nil, nil, handshakeError(text)
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot hand over the connection", http.StatusNotImplemented)
		return nil, nil, err
	}
	early, _ = buffered.Reader.Peek(buffered.Reader.Buffered())
	for {
		wrapped, ok := conn.(interface{ Unwrap() net.Conn })
		if !ok {
			break
		}
		conn = wrapped.Unwrap()
	}
	return conn, append([]byte(nil), early...), nil
}

type handshakeError string

func (e handshakeError) Error() string { return string(e) }

// IsHandshake reports whether a request asks for a WebSocket. Answer others with Refuse.
func IsHandshake(r *http.Request) bool {
	return r.ProtoMajor == 1 && r.ProtoMinor >= 1 &&
		hasToken(r.Header, "Upgrade", "websocket") && hasToken(r.Header, "Connection", "upgrade")
}

// Refuse answers a request that is not a handshake.
func Refuse(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, http.StatusUpgradeRequired, "this address takes WebSocket connections: open it with ws:// or wss://")
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

// check returns the HTTP status and the text for refusing a handshake, 0 if it is valid.
func check(r *http.Request) (status int, text string) {
	switch {
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, "a WebSocket handshake is a GET"
	case r.ContentLength != 0:
		return http.StatusBadRequest, "a WebSocket handshake has no body"
	case len(r.Header["Sec-Websocket-Version"]) != 1 || r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusBadRequest, "this server supports only version 13 of WebSocket"
	}
	keys := r.Header["Sec-Websocket-Key"]
	if len(keys) == 1 {
		if key, err := base64.StdEncoding.DecodeString(keys[0]); err == nil && len(key) == 16 {
			return 0, ""
		}
	}
	return http.StatusBadRequest, "a WebSocket handshake has one Sec-WebSocket-Key, which is 16 bytes in base64"
}

// hasToken reports whether a list in a header contains a token, compared without case.
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

// appendAnswer returns the answer to a handshake (RFC 6455, section 4.2.2). It accepts no
// extension.
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
