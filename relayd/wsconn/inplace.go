package wsconn

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// ListenPlain returns a listener for an [http.Server] that accepts handshakes at low cost. When
// the server first reads from a TCP connection, the bytes are examined. If they are one whole
// handshake in the usual form, take is called. It returns true after accepting the handshake
// with [Group.Take], and the server sees the end of the connection. If it returns false, the
// server serves the request. The server also serves all other bytes and connections.
func ListenPlain(below net.Listener, take func(conn *PlainConn, request *http.Request) bool) net.Listener {
	return &plainListener{below, take}
}

type plainListener struct {
	net.Listener
	take func(*PlainConn, *http.Request) bool
}

func (l *plainListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok && err == nil {
		return &PlainConn{TCPConn: tcp, take: l.take}, nil
	}
	return conn, err
}

// A PlainConn is a connection of ListenPlain.
type PlainConn struct {
	*net.TCPConn
	take   func(*PlainConn, *http.Request) bool // nil after the first read; owned by the reading goroutine
	behind []byte                               // during take: what came behind the request
	taken  atomic.Bool
}

// NetConn returns the socket.
func (p *PlainConn) NetConn() net.Conn { return p.TCPConn }

// Unwrap returns the socket, for use in place of the connection once it is hijacked.
func (p *PlainConn) Unwrap() net.Conn { return p.TCPConn }

// Taken reports whether the connection is now a [Conn]. The server takes it for closed.
func (p *PlainConn) Taken() bool { return p.taken.Load() }

func (p *PlainConn) Read(b []byte) (int, error) {
	n, err := p.TCPConn.Read(b)
	take := p.take
	p.take = nil
	if take == nil || err != nil {
		return n, err
	}
	request, length := parseHandshake(b[:n])
	if request == nil || !IsHandshake(request) {
		return n, nil
	}
	if status, _ := check(request); status != 0 {
		return n, nil
	}
	p.behind = b[length:n]
	request.RemoteAddr = p.RemoteAddr().String()
	request = request.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, p.LocalAddr()))
	if !take(p, request) {
		return n, nil
	}
	return 0, io.EOF
}

// Once the connection is taken, the server's calls have no effect on it.

func (p *PlainConn) Close() error {
	if p.Taken() {
		return nil
	}
	return p.TCPConn.Close()
}

func (p *PlainConn) SetReadDeadline(t time.Time) error {
	if p.Taken() {
		return nil
	}
	return p.TCPConn.SetReadDeadline(t)
}

func (p *PlainConn) SetWriteDeadline(t time.Time) error {
	if p.Taken() {
		return nil
	}
	return p.TCPConn.SetWriteDeadline(t)
}

// Take is [Group.Upgrade] for a request from ListenPlain, whose handshake is valid.
func (g *Group) Take(p *PlainConn, request *http.Request, subprotocol string, handler Handler) *Conn {
	p.taken.Store(true)
	_ = p.TCPConn.SetDeadline(time.Time{})
	return g.Answer(p.TCPConn, append([]byte(nil), p.behind...), request.Header.Get("Sec-WebSocket-Key"), subprotocol, handler)
}

// parseHandshake parses the request at the beginning of b and returns its length. It accepts
// only a GET of a plain path with simple headers, as a handshake has them. It returns nil for
// everything that net/http would refuse or might parse in another way.
func parseHandshake(b []byte) (request *http.Request, length int) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, 0
	}
	length = end + 4
	line, rest, _ := strings.Cut(string(b[:end+2]), "\r\n")
	path, isGet := strings.CutPrefix(line, "GET ")
	path, isHTTP := strings.CutSuffix(path, " HTTP/1.1")
	if !isGet || !isHTTP || !isPlainPath(path) {
		return nil, 0
	}
	header := make(http.Header, 10)
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isPlainName(name) || !isPlainValue(value) {
			return nil, 0
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		header[name] = append(header[name], strings.Trim(value, " \t"))
	}
	host := header["Host"]
	if len(host) != 1 || !isPlainHost(host[0]) || hasToken(header, "Connection", "close") {
		return nil, 0
	}
	for _, odd := range [...]string{"Content-Length", "Transfer-Encoding", "Trailer", "Expect"} {
		if header[odd] != nil {
			return nil, 0
		}
	}
	if header["Pragma"] != nil && header["Cache-Control"] == nil {
		return nil, 0 // net/http derives Cache-Control from Pragma
	}
	delete(header, "Host")
	path = strings.Clone(path) // a session may keep a part of it; do not keep the headers with it
	return &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: path}, RequestURI: path,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: host[0], Body: http.NoBody,
	}, length
}

// isPlainPath reports whether a path needs no decoding and no cleaning.
func isPlainPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.Contains(path, "//") && all(path, func(c byte) bool {
		return isAlphanumeric(c) || c == '-' || c == '_' || c == '/'
	})
}

func isPlainName(name string) bool {
	return name != "" && all(name, func(c byte) bool { return isAlphanumeric(c) || c == '-' })
}

func isPlainValue(value string) bool {
	return all(value, func(c byte) bool { return ' ' <= c && c <= '~' || c == '\t' })
}

func isPlainHost(host string) bool {
	return host != "" && all(host, func(c byte) bool {
		return isAlphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']'
	})
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}
