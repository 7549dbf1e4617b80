package firefox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// A session is a connection to Firefox that speaks WebDriver BiDi.
type session struct {
	socket *websocket.Conn
	ended  chan struct{} // closed when read has ended

	mu       sync.Mutex // guards what follows
	last     int        // ID of a command
	replies  map[int]chan frame
	consoles map[string]func(entry) // by browsing context
}

// A frame is a reply to the command of that ID, or an event.
type frame struct {
	ID      int
	Method  string
	Params  json.RawMessage
	Result  json.RawMessage
	Error   string // a code
	Message string // what the code means here
}

// An entry is a line of a page's console, or an exception that the page does not catch.
type entry struct {
	Level, Text string
	Source      struct{ Context string }
	StackTrace  struct {
		CallFrames []struct {
			URL        string
			LineNumber int
		}
	}
}

func (e entry) String() string {
	line := e.Level + ": " + e.Text
	if frames := e.StackTrace.CallFrames; len(frames) > 0 {
		line += fmt.Sprintf(" (%s:%d)", frames[0].URL, frames[0].LineNumber)
	}
	return line
}

// maxFrame is the size of a picture and more.
const maxFrame = 64 << 20

func dial(ctx context.Context, url string) (*session, error) {
	socket, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	socket.SetReadLimit(maxFrame)
	s := &session{socket: socket, ended: make(chan struct{}), replies: map[int]chan frame{}, consoles: map[string]func(entry){}}
	go s.read()
	return s, nil
}

// read runs until close, or until Firefox ends.
func (s *session) read() {
	defer close(s.ended)
	for {
		var f frame
		if err := wsjson.Read(context.Background(), s.socket, &f); err != nil {
			return
		}
		s.mu.Lock()
		reply := s.replies[f.ID]
		delete(s.replies, f.ID)
		s.mu.Unlock()
		if reply != nil {
			reply <- f
		} else if f.Method == "log.entryAdded" {
			s.hear(f.Params)
		}
	}
}

func (s *session) hear(params json.RawMessage) {
	var e entry
	if json.Unmarshal(params, &e) != nil {
		return
	}
	s.mu.Lock()
	hear := s.consoles[e.Source.Context]
	s.mu.Unlock()
	if hear != nil {
		hear(e)
	}
}

// listen calls hear for each line of a page's console. A nil hear ends that.
func (s *session) listen(page string, hear func(entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hear == nil {
		delete(s.consoles, page)
	} else {
		s.consoles[page] = hear
	}
}

func (s *session) close() {
	_ = s.socket.CloseNow()
	<-s.ended
}

// params are those of a command.
type params map[string]any

// call sends a command, waits for the reply, and decodes it into result unless that is nil.
func (s *session) call(ctx context.Context, method string, p params, result any) error {
	reply := make(chan frame, 1)
	s.mu.Lock()
	s.last++
	id := s.last
	s.replies[id] = reply
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.replies, id)
		s.mu.Unlock()
	}()
	if err := wsjson.Write(ctx, s.socket, map[string]any{"id": id, "method": method, "params": p}); err != nil {
		return err
	}
	select {
	case f := <-reply:
		if f.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, f.Error, f.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(f.Result, result)
	case <-s.ended:
		return errors.New("the connection to Firefox has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}
