package relay

import (
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// A lobby is a room that many goroutines use. Each has a lock of its own, so
// that no room waits for another.
type lobby struct {
	server *session

	mu   sync.RWMutex
	room *room.Room[*session]
}

func newLobby(server *session) *lobby {
	return &lobby{server: server, room: room.New(server.id, server)}
}

func (l *lobby) route(from protocol.ID, to []byte) (*session, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.room.Route(from, to)
}

func (l *lobby) join(client *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room.Join(client.id, client)
}

func (l *lobby) leave(client *session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room.Leave(client.id)
}

func (l *lobby) close() map[protocol.ID]*session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room.Close()
}
