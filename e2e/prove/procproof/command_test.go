package procproof

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/sdk"
)

// obey carries out the test's commands.
func (p *peer) obey(quiet context.CancelFunc) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch command, number, _ := strings.Cut(lines.Text(), " "); command {
		case "hurry":
			p.hurry()
		case "check":
			p.work.Go(func() {
				if p.well() {
					fmt.Println("well", number)
				}
			})
		case "quiet":
			quiet()
			p.settle()
			fmt.Println("quiet")
		}
	}
}

// hurry ends the wait before the next attempt to connect, with the hint that the network has
// changed. A peer that is connected gets no hint, because it would drop its connection.
func (p *peer) hurry() {
	p.mu.Lock()
	l := p.listener
	p.mu.Unlock()
	if l != nil && l.State() == sdk.Reconnecting {
		l.NetworkChanged()
	}
	if l != nil {
		return // its Conns share the session
	}
	for _, t := range p.all() {
		if t.Conn.State() == sdk.Reconnecting {
			t.Conn.NetworkChanged()
		}
	}
}

// well waits until a message that a client sends now is delivered.
func (p *peer) well() bool {
	ctx, cancel := context.WithTimeout(p.sending, calmWithin)
	defer cancel()
	for ctx.Err() == nil {
		for _, t := range p.all() {
			if t.Send(ctx, 10) == nil && t.Settle(ctx) && t.Conn.State() == sdk.Connected {
				return true
			}
		}
		form.Pause(ctx, 20*time.Millisecond)
	}
	return false
}

// settle waits until every outcome is known. A message without an outcome then breaks C4.
func (p *peer) settle() {
	ctx, cancel := context.WithTimeout(p.leaving, rules().Settle+5*time.Second)
	defer cancel()
	for _, t := range p.all() {
		t.Settle(ctx)
	}
}
