package main

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// slow is how long joining or starting a room may take before the person is told why.
const slow = 3 * time.Second

// join connects to the host of the room that a link names.
func (inv *invocation) join(ctx context.Context, link string) (*sdk.Conn, error) {
	url, err := clientURL(link, inv.relay)
	if err != nil {
		return nil, err
	}
	options, err := inv.options(url)
	if err != nil {
		return nil, err
	}
	stop := inv.tellIfSlow("host")
	defer stop()
	return sdk.Dial(ctx, url, options)
}

// open starts a room.
func (inv *invocation) open(ctx context.Context) (*sdk.Listener, error) {
	options, err := inv.options(inv.relay)
	if err != nil {
		return nil, err
	}
	stop := inv.tellIfSlow("relay")
	defer stop()
	return sdk.Listen(ctx, inv.relay, options)
}

// tellIfSlow tells the person who is waited for, unless stop is called soon.
func (inv *invocation) tellIfSlow(who string) (stop func()) {
	over, told := make(chan struct{}), make(chan struct{})
	go func() { // ends with stop, which waits for it
		defer close(told)
		select {
		case <-time.After(slow):
			inv.tell(event{Event: "waiting"}, "Waiting for the %s", who)
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-told
	}
}
