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
	list     []person // the host's last list of people
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

// update shows who came and who left since the last list, and who has another name.
func (g *guest) update(people []person) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.list
	g.list = people
	if before == nil {
		g.screen.event("in the room: %s", strings.Join(namesOf(people), ", "))
	}
	for _, p := range people {
		i := slices.IndexFunc(before, func(other person) bool { return other.ID == p.ID })
		switch {
		case p.You:
			g.rename(p.Name)
		case before == nil:
		case i < 0:
			g.screen.event("%s joined", p.Name)
		case before[i].Name != p.Name:
			g.screen.event("%s is now called %s", before[i].Name, p.Name)
		}
	}
	for _, p := range before {
		if !p.You && !slices.ContainsFunc(people, func(other person) bool { return other.ID == p.ID }) {
			g.screen.event("%s left", p.Name)
		}
	}
}

// rename takes the name that the host has given this guest. The caller holds mu.
func (g *guest) rename(name string) {
	if name != g.own && name != g.name {
		g.screen.event("you are called %s here", name)
	}
	g.own = name
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
	return namesOf(g.list)
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
