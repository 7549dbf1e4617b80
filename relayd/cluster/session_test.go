package cluster_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// A session is a v1 peer that comes back as an SDK does, at one of its nodes after the other,
// until a final code or the end of the test.
type session struct {
	t    testing.TB
	path string
	id   string
	say  chan string // messages of the type "say"

	mu      sync.Mutex
	nodes   []*node
	conn    *peer
	token   string
	attempt int64
	hellos  int
	over    bool
	codes   []protocol.Code // with which its connections have ended, and 0 for those that were cut
}

// session lets in a v1 peer that comes back to these nodes.
func (w *world) session(path string, nodes ...*node) *session {
	w.t.Helper()
	s := &session{t: w.t, path: path, nodes: nodes, say: make(chan string, 1000)}
	p := nodes[0].v1(w.t, path)
	s.id, s.token, s.conn, s.hellos = p.id, p.hello.Resume, p, 1
	stopped := make(chan struct{})
	w.t.Cleanup(func() {
		s.mu.Lock()
		s.over = true
		_ = s.conn.CloseNow()
		s.mu.Unlock()
		<-stopped
	})
	go func() {
		defer close(stopped)
		s.run(p)
	}()
	return s
}

func (s *session) run(p *peer) {
	for {
		s.ended(s.listen(p))
		for p = nil; p == nil; p = s.resume() {
			time.Sleep(20 * time.Millisecond) // as an SDK waits between attempts
			if s.isOver() {
				return
			}
		}
	}
}

// listen reads until the connection ends.
func (s *session) listen(p *peer) error {
	for {
		_, typ, message, err := p.read()
		switch {
		case err != nil:
			return err
		case typ == protocol.TypeHello:
			s.mu.Lock()
			var hello struct{ Resume string }
			require.NoError(s.t, json.Unmarshal(message, &hello))
			s.token = hello.Resume
			s.hellos++
			s.mu.Unlock()
		case typ == "say":
			s.say <- string(message)
		case typ == protocol.TypeRelayRestarting: // its moment is now
			return p.CloseNow()
		}
	}
}

func (s *session) resume() *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil
	}
	n := s.nodes[0]
	s.nodes = append(s.nodes[1:], n)
	s.attempt = max(s.attempt+1, time.Now().UnixMilli())
	p, err := n.dial(s.t, s.path, protocol.SubprotocolV1, fmt.Sprintf("%s%d.%s", protocol.ResumePrefix, s.attempt, s.token))
	if err != nil {
		return nil
	}
	s.conn = p
	return p
}

func (s *session) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = append(s.codes, max(0, protocol.Code(websocket.CloseStatus(err))))
}

// isOver reports whether the test has ended, or the last connection ended for good.
func (s *session) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over || isFinal(s.codes[len(s.codes)-1])
}

func isFinal(code protocol.Code) bool { return code >= 4500 && code < 4600 }

// wantsNoFinal requires that no final code has come.
func (s *session) wantsNoFinal() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.False(s.t, slices.ContainsFunc(s.codes, isFinal), "%v", s.codes)
}

func (s *session) trySend(to, message string) {
	s.mu.Lock()
	p := s.conn
	s.mu.Unlock()
	_ = p.Write(p.ctx, websocket.MessageText, fmt.Appendf(nil, `{"to":%q,"type":"say","message":%q}`, to, message))
}

// meet has two sessions send to each other until both have received something that was sent
// since the call. No final code may have come.
func meet(server, client *session) {
	server.t.Helper()
	mark := fmt.Sprint(time.Now().UnixNano())
	for _, way := range [][2]*session{{client, server}, {server, client}} {
		require.Eventually(server.t, func() bool {
			way[0].trySend(way[1].id, mark)
			for {
				select {
				case got := <-way[1].say:
					if got == fmt.Sprintf("%q", mark) {
						return true
					}
				default:
					server.wantsNoFinal()
					client.wantsNoFinal()
					return false
				}
			}
		}, patience, 50*time.Millisecond, "they do not reach each other")
	}
	server.wantsNoFinal()
	client.wantsNoFinal()
}

// times returns how often the session was let in.
func (s *session) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hellos
}
