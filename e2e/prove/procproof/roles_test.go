package procproof

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/sdk"
)

func (p *peer) options() *sdk.Options {
	return &sdk.Options{IdentityFile: p.Identity}
}

// listen is a listener's life.
func (p *peer) listen() {
	var listener *sdk.Listener
	for listener == nil {
		var err error
		if listener, err = sdk.Listen(p.leaving, p.URL, p.options()); err != nil {
			if p.leaving.Err() != nil {
				return
			}
			p.unlessTemporary("Listen", err)
			form.Pause(p.leaving, 100*time.Millisecond)
		}
	}
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	app := p.begin(listener.ID(), listener.ID())
	app.Follow(listener)
	for {
		conn, err := listener.Accept(p.leaving)
		if err != nil {
			if p.leaving.Err() == nil {
				p.problem("the listener ended: %v", err)
			}
			break
		}
		t := p.talk(app, conn)
		p.work.Go(func() { p.see(t) })
	}
	<-p.leaving.Done()
	for _, t := range p.all() {
		late := time.NewTimer(patience)
		select {
		case <-t.Gone():
		case <-late.C:
			p.problem("never heard that %s is gone", t.Conn.PeerID())
			t.Close()
		}
		late.Stop()
	}
	if err := listener.Close(); err != nil {
		p.problem("Close of the listener gave the error %v", err)
	}
}

// see waits for the end of a client's Conn and releases it.
func (p *peer) see(t *talker.Talk) {
	<-t.Gone()
	t.Release()
	p.forget(t)
}

// dial is a client's life: it dials, and dials again when its Conn has ended.
func (p *peer) dial() {
	for p.leaving.Err() == nil {
		conn, err := sdk.Dial(p.leaving, p.URL, p.options())
		if err != nil {
			if p.leaving.Err() == nil {
				p.unlessTemporary("Dial", err)
				form.Pause(p.leaving, 100*time.Millisecond)
			}
			continue
		}
		t := p.talk(p.begin(conn.ID(), p.URL[strings.LastIndex(p.URL, "/")+1:]), conn)
		select {
		case <-t.Gone():
		case <-p.leaving.Done():
		}
		t.Close()
		p.forget(t)
		form.Pace(p.sending, p.random, 0, startsAgainWithin())
	}
}

// unlessTemporary reports an error if a retry cannot help.
func (p *peer) unlessTemporary(what string, err error) {
	if final(err) {
		p.problem("%s gave the error %v", what, err)
	}
}

// final reports whether the relay's answer will be the same next time.
func final(err error) bool {
	var relay *sdk.RelayError
	return !(errors.As(err, &relay) && relay.Code.Retry()) && !errors.Is(err, context.DeadlineExceeded)
}
