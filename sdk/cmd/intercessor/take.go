package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// takeOffer reads the first message. The offer that it returns is clean.
func takeOffer(ctx context.Context, ch channel) (offer, error) {
	first, err := next(ctx, ch)
	if err != nil {
		return offer{}, err
	}
	var o offer
	if err := json.Unmarshal(first, &o); err != nil || o.Size < 0 {
		return offer{}, errors.New("the first message is not a file's name and size")
	}
	o.Name = cleanFileName(o.Name)
	return o, nil
}

// take receives the offered content and writes it to w.
func take(ctx context.Context, ch channel, o offer, w io.Writer) (receipt, error) {
	sum := sha256.New()
	w = io.MultiWriter(sum, w)
	var received int64
	for received < o.Size {
		part, err := next(ctx, ch)
		if err != nil {
			return receipt{}, fmt.Errorf("only %d of %d bytes came: %w", received, o.Size, err)
		}
		if received += int64(len(part)); received > o.Size {
			refuse(ctx, ch, "it is larger than announced")
			return receipt{}, fmt.Errorf("more than the offered %d bytes came", o.Size)
		}
		if _, err := w.Write(part); err != nil {
			refuse(ctx, ch, "it cannot be stored")
			return receipt{}, err
		}
	}
	return sign(received, sum), nil
}

// confirm sends the receipt and waits until the sender has read it and closes the channel.
func confirm(ctx context.Context, ch channel, r receipt) error {
	if err := sendJSON(ctx, ch, r); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, farewell, errNoFarewell)
	defer cancel()
	for {
		switch _, err := ch.Receive(ctx); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return because(ctx, err)
		}
	}
}

// refuse tells the sender why the file is refused. It ignores errors.
func refuse(ctx context.Context, ch channel, why string) {
	_ = sendJSON(ctx, ch, refusal{why})
	_ = ch.Close()
}
