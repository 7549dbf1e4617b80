package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// A guest is the end of a room that dials.
type guest struct {
	name   string // static, as are the next four
	screen *screen
	host   peer
	said   *record           // nil if this end says nothing
	others func(sdk.Message) // gets messages that are not part of a chat; may be nil

	mu       sync.Mutex // guards what follows
	hostName string
	own      string   // the name that the host has given this guest; empty until known
	list     []string // the host's last list of people
}

// introduce tells the host this guest's name. It must be the first message.
func (g *guest) introduce(ctx context.Context) error {
	return tell(ctx, g.host, message(typeName, g.name))
}

// attend serves the connection to the host until it ends, and returns the reason.
func (g *guest) attend(ctx context.Context) error {
	for {
		m, err := g.host.Receive(ctx)
		if err != nil {
			return err
		}
		g.handle(ctx, m)
	}
}

func (g *guest) handle(ctx context.Context, m sdk.Message) {
	switch m.Type {
	case typePing:
		_ = tell(ctx, g.host, sdk.Message{Type: typePong, Data: m.Data}) // Receive returns the error
	case typeName:
		if name, ok := readName(m); ok {
			g.mu.Lock()
			g.hostName = name
			g.mu.Unlock()
		}
	case typePeople:
		if people, ok := readPeople(m); ok {
			g.update(people)
		}
	case typeChat:
		if line, ok := readChat(m); ok {
			g.screen.said(line.Name, line.Text)
		}
	default:
		if g.others != nil {
			g.others(m)
		}
	}
}

// update shows who came and who left since the last list.
func (g *guest) update(people []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	came, left := without(people, g.list), without(g.list, people)
	if g.list == nil {
		g.screen.event("in the room: %s", strings.Join(people, ", "))
		came = nil
	}
	g.list = people
	for _, name := range came {
		if g.own == "" && (name == g.name || strings.HasPrefix(name, g.name+" (")) {
			g.own = name
			if name != g.name {
				g.screen.event("you are called %s here", name)
			}
			continue
		}
		g.screen.event("%s joined", name)
	}
	for _, name := range left {
		g.screen.event("%s left", name)
	}
}

// without returns names minus others. A name may occur more than once.
func without(names, others []string) []string {
	others = slices.Clone(others)
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		i := slices.Index(others, name)
		if i >= 0 {
			others = slices.Delete(others, i, i+1)
		}
		return i >= 0
	})
}

func (g *guest) say(ctx context.Context, text string) error {
	// No timeout: piped input waits for a relay that is away.
	receipt, err := g.host.Send(ctx, message(typeChat, chatLine{Text: text, Name: g.name}))
	if err != nil {
		g.said.notDelivered("not delivered", text)
		return err
	}
	g.said.note(text, receipt)
	return nil
}

func (g *guest) occupied(context.Context) error { return nil } // the host is here

func (g *guest) people() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.list
}

func (g *guest) nameOfHost() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hostName == "" {
		return "the host"
	}
	return g.hostName
}

func (g *guest) find(name string) (peer, string, error) {
	host := g.nameOfHost()
	if name != "" && !strings.EqualFold(name, host) {
		return nil, "", fmt.Errorf("a guest can send files to the host only, and that is %s", host)
	}
	return g.host, host, nil
}
