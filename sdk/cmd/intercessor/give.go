package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
)

var errChanged = errors.New("the file changed while it was being sent; send a copy of it")

// give sends a file and returns once the receiver has confirmed its hash.
func give(w *wire, o offer, file *os.File, shown *progress) (err error) {
	defer func() { w.end(err) }()
	defer shown.close()
	if err := w.say(o); err != nil {
		return w.reason(err)
	}
	at := start{From: -1}
	if err := w.answer(&at); err != nil {
		return err
	}
	if at.From < 0 || at.From > o.Size {
		return errNoLine
	}
	sum, err := skip(file, &at)
	if err != nil {
		return err
	}
	if err := w.say(start{From: at.From}); err != nil {
		return w.reason(err)
	}
	shown.start(o, at.From)
	content := io.TeeReader(io.LimitReader(file, o.Size-at.From), io.MultiWriter(sum, shown))
	if _, err := io.CopyBuffer(w, content, make([]byte, block)); err != nil {
		return w.reason(err)
	}
	if info, err := file.Stat(); err != nil {
		return err
	} else if info.Size() != o.Size || info.ModTime().UnixMilli() != o.Modified {
		return errChanged
	}
	if err := w.say(digest{inHex(sum)}); err != nil {
		return w.reason(err)
	}
	_ = w.stream.CloseWrite()
	var got receipt
	switch err := w.answer(&got); {
	case errors.As(err, new(refusedError)):
		return err
	case err != nil:
		return unknownError{err}
	case got != receipt{o.Size, inHex(sum)}:
		return errNotReceived
	}
	_, _ = io.Copy(io.Discard, w.in) // the receiver is told that its receipt was read
	return nil
}

// skip moves to where the receiver goes on, and returns the hash of what is before. If the
// receiver has something else it is the beginning.
func skip(file *os.File, at *start) (hash.Hash, error) {
	sum := sha256.New()
	if _, err := io.CopyN(sum, file, at.From); err == io.EOF {
		return nil, errChanged
	} else if err != nil {
		return nil, err
	}
	if at.From > 0 && inHex(sum) != at.SHA256 {
		at.From = 0
		sum.Reset()
	}
	_, err := file.Seek(at.From, io.SeekStart)
	return sum, err
}

// A refusedError is what the receiver says when it does not take a file, or any of a set.
type refusedError struct {
	why string
	all bool
}

func (e refusedError) Error() string { return "it was refused: " + e.why }

// answer receives a line of the receiver, which can be a refusal.
func (w *wire) answer(line any) error {
	var text json.RawMessage
	if err := w.await(&text); err != nil {
		return err
	}
	var no refusal
	if json.Unmarshal(text, &no) == nil && no.Refused != "" {
		return refusedError{no.Refused, no.All}
	}
	if json.Unmarshal(text, line) != nil {
		return errNoLine
	}
	return nil
}

// reason returns the refusal that has ended the transfer, or err.
func (w *wire) reason(err error) error {
	var no refusal
	if w.hear(&no, afterthought) == nil && no.Refused != "" {
		return refusedError{no.Refused, no.All}
	}
	return err
}
