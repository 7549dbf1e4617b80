package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	fileLabel = "file"   // of the channel that carries one file
	chunk     = 16 << 10 // bytes of content in one message: every browser accepts that many

	// stall is how long a transfer waits for any progress of the other side.
	stall = 60 * time.Second
	// afterthought is how long a sender waits for the reason after a failure: a refusal
	// comes before the end of its channel.
	afterthought = time.Second
	// farewell is how long the receiver waits until the sender has read the receipt.
	farewell = 10 * time.Second
)

var (
	errStalled     = errors.New("the other side has done nothing for a minute")
	errNoFarewell  = errors.New("it did not close the channel")
	errWeLeft      = errors.New("this side left before the transfer was over")
	errTheyLeft    = errors.New("the other side left before the transfer was over")
	errNotReceived = errors.New("the other side did not receive the file as it was sent")
)

// An unknownError says why no answer came after the whole content was sent.
type unknownError struct{ why error }

func (e unknownError) Error() string {
	return "it is not known whether the file was received: " + e.why.Error()
}

func (e unknownError) Unwrap() error { return e.why }

// A channel carries one file, message by message: a *sdk.Channel.
type channel interface {
	Send(context.Context, []byte) error
	Receive(context.Context) ([]byte, error)
	Close() error
}

// An offer is the first message on a channel.
type offer struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes
}

// A receipt is the receiver's answer when the whole content is stored.
type receipt struct {
	Received int64  `json:"received"` // bytes
	SHA256   string `json:"sha256"`   // of the content, in hex
}

// A refusal is the receiver's answer when it does not accept the file.
type refusal struct {
	Refused string `json:"refused"` // the reason, for the user
}

func sign(size int64, sum hash.Hash) receipt {
	return receipt{size, hex.EncodeToString(sum.Sum(nil))}
}

func sendJSON(ctx context.Context, ch channel, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = (&chunkWriter{ctx, ch}).Write(b)
	return err
}

// A chunkWriter sends each Write as one message and gives up after a stall.
type chunkWriter struct {
	ctx context.Context
	ch  channel
}

func (w *chunkWriter) Write(p []byte) (int, error) {
	ctx, cancel := context.WithTimeoutCause(w.ctx, stall, errStalled)
	defer cancel()
	if err := w.ch.Send(ctx, p); err != nil {
		return 0, because(ctx, err)
	}
	return len(p), nil
}

func next(ctx context.Context, ch channel) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stall, errStalled)
	defer cancel()
	message, err := ch.Receive(ctx)
	if err != nil {
		return nil, because(ctx, err)
	}
	return message, nil
}

// because returns the reason why a context or a channel ended if it is known, else err.
func because(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.Canceled):
		return errWeLeft
	case cause != nil:
		return cause
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, sdk.ErrPathClosed):
		return errTheyLeft
	}
	return err
}
