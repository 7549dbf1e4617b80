package main

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// slow is how long joining a room may take before the person is told why.
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
	joined, stop := context.WithCancel(ctx)
	told := make(chan struct{})
	go func() {
		defer close(told)
		select {
		case <-time.After(slow):
			inv.tell(event{Event: "waiting"}, "Waiting for the host")
		case <-joined.Done():
		}
	}()
	defer func() { <-told }()
	defer stop()
	return sdk.Dial(ctx, url, options)
}
