package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	// comeBack is how long a command waits for the other side to come back.
	comeBack = time.Hour

	// mostGuests is how many guests a command serves at once.
	mostGuests = 64

	// mostTold is how many messages of a peer wait to be read. More are dropped.
	mostTold = 16
)

var errNotBack = errors.New("the other side did not come back within an hour")

// An errand is what a command does with a peer that it has met.
type errand func(context.Context, *meeting) error

// A meeting is the connection to the other side of a command.
type meeting struct {
	*sdk.Conn
	dialed bool             // this side joined the other's room
	told   chan sdk.Message // messages that are not part of a chat
	heard  chan struct{}    // closed when no more come
}

func newMeeting(conn *sdk.Conn, dialed bool) *meeting {
	return &meeting{conn, dialed, make(chan sdk.Message, mostTold), make(chan struct{})}
}

// lastTold reports, after the end of the connection, whether a message of a type still waits.
func (m *meeting) lastTold(typ string) bool {
	<-m.heard
	for {
		select {
		case message := <-m.told:
			if message.Type == typ {
				return true
			}
		default:
			return false
		}
	}
}

// A manner says when a command ends, beside an interruption and errors of this side.
type manner int

const (
	untilDone manner = iota // when an errand is done; it waits for a lost peer to come back
	once                    // with the first peer, also when that is lost
	forever                 // never: it serves one peer after the other
)

// A finalError ends a command whatever the peer does.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// isLost reports whether the other side, or its program, was lost, and may come back.
func isLost(err error) bool {
	var final finalError
	var relay *sdk.RelayError
	if errors.As(err, &final) {
		return false
	}
	for _, lost := range []error{sdk.ErrPeerGone, sdk.ErrRestarted, sdk.ErrGivenUp, errTheyLeft, errStalled} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return errors.As(err, &relay) && relay.Code.Retry()
}

// meet finds the other side of a command and runs the errand with it. With a link the other
// side is that room's host. Without one meet starts a room, whose link goes to out, and runs
// the errand with each guest. Messages are answered as in any room, but chat is not shown.
func (inv *invocation) meet(ctx context.Context, link []string, out io.Writer, how manner, do errand) error {
	var err error
	if len(link) > 0 {
		err = inv.visit(ctx, link[0], how, do)
	} else {
		err = inv.host(ctx, out, how, do)
	}
	if how == forever && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// visit runs the errand in the room of a link, again after the other side was lost.
func (inv *invocation) visit(ctx context.Context, link string, how manner, do errand) error {
	var by time.Time // when it is too late to come back; zero before the other side is lost
	for wait := time.Second; ; wait = min(2*wait, 16*time.Second) {
		conn, err := inv.join(ctx, link)
		var relay *sdk.RelayError
		switch {
		case err == nil:
			by, wait = time.Time{}, time.Second
			inv.tell(event{Event: "joined"}, "Joined")
			g := &guest{name: inv.name, screen: newScreen(io.Discard), host: conn}
			m := newMeeting(conn, true)
			g.others = m.keep
			err = g.introduce(ctx)
			if err == nil {
				err = inv.serve(ctx, m, g.attend, do)
			} else {
				_ = conn.Close()
			}
			if how != forever && err == nil || how == once || err != nil && !isLost(err) {
				return err
			}
		case by.IsZero(), !errors.As(err, &relay), errors.Is(err, sdk.ErrAccessRefused), errors.Is(err, sdk.ErrKicked):
			return err
		}
		if by.IsZero() {
			by = time.Now().Add(comeBack)
			inv.tellLost()
		}
		if time.Now().After(by) {
			return errNotBack
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (inv *invocation) tellLost() {
	inv.tell(event{Event: "lost"}, "The other side left. Waiting for it to come back, for an hour at most")
}

// serve runs the errand with a peer, when there is the path that the person wants, and closes
// the connection. Beside it attend reads the messages.
func (inv *invocation) serve(ctx context.Context, m *meeting, attend func(context.Context) error, do errand) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer m.Close()
	beside.Go(func() {
		defer close(m.heard)
		_ = attend(ctx) // do learns of the end too
	})
	beside.Go(func() {
		follow(ctx, m,
			func() { inv.tell(event{Event: "away"}, "The other side is away, or the relay is") },
			func() { inv.tell(event{Event: "back"}, "The other side is back") })
	})
	if inv.takesChannels() {
		beside.Go(func() { refuseChannels(ctx, m, func() {}) })
	}
	if inv.paths == sdk.PathsDirect {
		if err := inv.awaitDirect(ctx, m); err != nil {
			return err
		}
	}
	return do(ctx, m)
}

// keep keeps a message for the errand.
func (m *meeting) keep(message sdk.Message) {
	select {
	case m.told <- message:
	default:
	}
}
