package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// give sends a file and returns once the receiver has confirmed its hash.
func give(ctx context.Context, ch channel, o offer, content io.Reader) error {
	defer ch.Close()
	sum := sha256.New()
	err := sendJSON(ctx, ch, o)
	if err == nil {
		err = giveContent(ctx, ch, o, io.TeeReader(content, sum))
	}
	patience := stall
	if err != nil {
		patience = afterthought
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errStalled)
	defer cancel()
	answer, noAnswer := next(ctx, ch)
	var got struct {
		receipt
		refusal
	}
	switch {
	case noAnswer == nil && json.Unmarshal(answer, &got) == nil && got.Refused != "":
		return fmt.Errorf("it was refused: %s", got.Refused)
	case err != nil:
		return err
	case noAnswer != nil:
		return unknownError{noAnswer}
	case got.receipt != sign(o.Size, sum):
		return errNotReceived
	}
	return nil
}

func giveContent(ctx context.Context, ch channel, o offer, content io.Reader) error {
	sent, err := io.CopyBuffer(&chunkWriter{ctx, ch}, io.LimitReader(content, o.Size), make([]byte, chunk))
	if err != nil {
		return err
	}
	if sent != o.Size {
		return errors.New("the file shrank while it was being sent")
	}
	if n, _ := io.CopyN(io.Discard, content, 1); n > 0 {
		return errors.New("the file grew while it was being sent; send a copy of it")
	}
	return nil
}
