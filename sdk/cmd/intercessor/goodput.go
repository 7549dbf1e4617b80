package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/doctor"
	"github.com/sebas642/intercessor/sdk"
)

const (
	// goodputFor is how long the data channel is filled.
	goodputFor = time.Second

	// channelWithin bounds the wait for the data channel.
	channelWithin = 15 * time.Second
)

// measureChannel opens a data channel between two peers that use only the TURN server, and
// fills it for a second.
func (inv *invocation) measureChannel(ctx context.Context) doctor.Result {
	ctx, cancel := context.WithTimeout(ctx, channelWithin+2*goodputFor)
	defer cancel()
	began := time.Now()
	from, to, end, err := inv.openPair(ctx)
	defer end()
	if err != nil {
		return channelFailed(err)
	}
	opened := time.Since(began)
	received, took, err := fill(ctx, from, to)
	if err != nil {
		return channelFailed(err)
	}
	return doctor.Passed("open after %v, %.1f Mbit/s through the TURN server",
		opened.Round(time.Millisecond), float64(received)*8/1e6/took.Seconds())
}

// openPair opens a data channel from a client to a server of a new room. The end function
// closes all that came about.
func (inv *invocation) openPair(ctx context.Context) (from, to *sdk.Channel, end func(), err error) {
	var closers []func() error
	end = func() {
		for i := len(closers) - 1; i >= 0; i-- {
			_ = closers[i]()
		}
	}
	options, err := inv.options(inv.relay)
	if err != nil {
		return nil, nil, end, err
	}
	options.RelayOnly, options.HideOutcomes = true, true // the operator counts users
	listener, err := sdk.Listen(ctx, inv.relay, options)
	if err != nil {
		return nil, nil, end, err
	}
	closers = append(closers, listener.Close)
	ofClient := *options
	if secret := cmp.Or(inv.clientSecret, inv.secret); secret != "" {
		ofClient.Secret = sdk.Passphrase(secret)
	}
	client, err := sdk.Dial(ctx, listener.ClientURL(), &ofClient)
	if err != nil {
		return nil, nil, end, err
	}
	closers = append(closers, client.Close)
	server, err := listener.Accept(ctx)
	if err != nil {
		return nil, nil, end, err
	}
	if from, err = client.OpenChannel(ctx, "doctor"); err == nil {
		to, err = server.AcceptChannel(ctx)
	}
	return from, to, end, err
}

// fill sends for a while, and returns how much came within what time.
func fill(ctx context.Context, from, to *sdk.Channel) (received int, took time.Duration, err error) {
	const size = 16 << 10
	sent := make(chan error, 1)
	began := time.Now()
	go func() { // ends with its last message, or with ctx
		message := make([]byte, size)
		for time.Since(began) < goodputFor {
			if err := from.Send(ctx, message); err != nil {
				sent <- err
				return
			}
		}
		sent <- from.Send(ctx, []byte{0}) // the last
	}()
	for {
		message, err := to.Receive(ctx)
		if err != nil {
			return 0, 0, errors.Join(err, <-sent)
		}
		if len(message) < size {
			return received, time.Since(began), <-sent
		}
		received += len(message)
	}
}

func channelFailed(err error) doctor.Result {
	var ice *sdk.ICEError
	if errors.As(err, &ice) {
		return doctor.Fail(fmt.Sprintf("two peers that use only the TURN server find no path: %v", err),
			"look at the steps of TURN above; if all passed, the TURN server's log says why it drops the packets between the two peers")
	}
	return doctor.Fail(fmt.Sprintf("no data channel between two peers: %v", err), "look at the steps above, and at relayd's log")
}
