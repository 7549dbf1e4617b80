package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	fileStream = "file"   // the name of a stream that carries one file
	maxLine    = 4096     // bytes of a line, with its line feed
	block      = 64 << 10 // bytes of content that are copied at once

	// stall is how long a transfer waits for any progress of the other side.
	stall = 60 * time.Second
	// afterthought is how long a sender waits for the reason after a failure. A refusal comes
	// before the end of its stream.
	afterthought = time.Second
	// farewell is how long the receiver waits until the sender has read the receipt, or a refusal.
	farewell = 10 * time.Second
	// patience is how long a side waits in all for one that says that it needs longer.
	patience = 10 * time.Minute
)

var (
	errStalled     = errors.New("the other side has done nothing for a minute")
	errBusy        = errors.New("the other side takes no more files at the moment")
	errNoFarewell  = errors.New("it has not confirmed the end")
	errNoLine      = errors.New("the other side does not follow the rules for files")
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

// The lines of a transfer. web/CHAT.md says which side sends which, and when.
type (
	offer struct {
		Name     string `json:"name"`
		Size     int64  `json:"size"`               // bytes
		Modified int64  `json:"modified,omitempty"` // milliseconds since 1970; 0 is unknown
		Folder   string `json:"folder,omitempty"`   // where it lies in what is sent, with slashes
		Of       *set   `json:"of,omitempty"`       // nil if it is sent alone

		key string // names it within its set, at the receiver
	}
	start struct {
		From   int64  `json:"from"`             // bytes that the receiver has already
		SHA256 string `json:"sha256,omitempty"` // of these bytes, in hex
	}
	digest struct {
		SHA256 string `json:"sha256"` // of the whole content
	}
	receipt struct {
		Received int64  `json:"received"` // bytes
		SHA256   string `json:"sha256"`
	}
	refusal struct {
		Refused  string `json:"refused"`            // the reason, for the user
		All      bool   `json:"all,omitempty"`      // the rest of the set need not be offered
		Declined bool   `json:"declined,omitempty"` // a person did not want it
	}
	waiting struct {
		Waiting int  `json:"waiting"`        // seconds that this side may need for its next line
		User    bool `json:"user,omitempty"` // because a person is asked
	}
)

// path returns the name with its folder, with slashes.
func (o offer) path() string { return path.Join(o.Folder, o.Name) }

func inHex(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)) }

// A stream carries one file: a *sdk.Stream.
type stream interface {
	io.ReadWriteCloser
	CloseWrite() error
	CloseWithCode(code uint64, text string)
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	Wait(context.Context) (sdk.Outcome, error)
}

// A wire is this side's end of a stream. Reading and writing end after a stall, or with the
// context that newWire got.
type wire struct {
	ctx    context.Context // static, as are the next three
	stream stream
	in     *bufio.Reader // reads from the wire
	began  time.Time     // when the sender began to wait for an answer
	asking func()        // called when the other side says that it asks a person; nil calls nothing

	until   time.Time // when the line must be whole that is read; zero while content is read
	ending  sync.Once
	release func() bool
}

// newWire returns a wire. The caller must call end.
func newWire(ctx context.Context, s stream) *wire {
	w := &wire{ctx: ctx, stream: s, began: time.Now()}
	w.in = bufio.NewReaderSize(w, maxLine)
	w.release = context.AfterFunc(ctx, w.abort)
	return w
}

// end closes the stream. After an error the other side learns that this one gives up.
func (w *wire) end(err error) {
	if err != nil {
		w.abort()
	}
	w.ending.Do(func() { _ = w.stream.Close() })
	w.release()
}

func (w *wire) abort() { w.ending.Do(func() { w.stream.CloseWithCode(0, "") }) }

// refuse tells the sender why the file is refused, and closes the stream. It ignores errors.
func (w *wire) refuse(why string) {
	_ = w.say(refusal{Refused: why})
	w.ending.Do(func() { _ = w.stream.Close() })
}

// refuseAll is refuse for the whole set of the file. It waits until the sender has read it, because
// this side may leave then, and the sender would wait for it to come back.
func (w *wire) refuseAll(why string) { w.refuseSet(refusal{Refused: why, All: true}) }

// decline is refuseAll for a person who does not want what is offered.
func (w *wire) decline() {
	w.refuseSet(refusal{Refused: "it was not wanted", All: true, Declined: true})
}

func (w *wire) refuseSet(no refusal) {
	if w.say(no) == nil {
		w.awaitRead()
	}
	w.ending.Do(func() { _ = w.stream.Close() })
}

// awaitRead ends this direction, and waits a while until the other side has read it.
func (w *wire) awaitRead() (read bool) {
	_ = w.stream.CloseWrite()
	ctx, cancel := context.WithTimeout(w.ctx, farewell)
	defer cancel()
	o, _ := w.stream.Wait(ctx)
	return o.Result == sdk.Delivered
}

// Read does not read what is buffered in w.in.
func (w *wire) Read(p []byte) (int, error) {
	until := w.until
	if until.IsZero() {
		until = time.Now().Add(stall)
	}
	_ = w.stream.SetReadDeadline(until)
	n, err := w.stream.Read(p)
	return n, w.because(err)
}

// Write goes on for as long as some bytes are taken within each stall.
func (w *wire) Write(p []byte) (n int, err error) {
	for {
		_ = w.stream.SetWriteDeadline(time.Now().Add(stall))
		k, err := w.stream.Write(p[n:])
		if n += k; k == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, w.because(err)
		}
	}
}

// say sends a line.
func (w *wire) say(line any) error {
	b, err := json.Marshal(line)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// hear receives a line.
func (w *wire) hear(line any, within time.Duration) error {
	w.until = time.Now().Add(within)
	defer func() { w.until = time.Time{} }()
	text, err := w.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return errNoLine
	case err != nil:
		return err
	case json.Unmarshal(text, line) != nil:
		return errNoLine
	}
	return nil
}

// await receives a line. Before it the other side may say that it needs longer than a stall.
func (w *wire) await(line any) error {
	latest := time.Now().Add(stall + patience)
	for within := stall; ; {
		var text json.RawMessage
		if err := w.hear(&text, within); err != nil {
			return err
		}
		var wait waiting
		if json.Unmarshal(text, &wait) != nil || wait.Waiting <= 0 {
			if json.Unmarshal(text, line) != nil {
				return errNoLine
			}
			return nil
		}
		if wait.User && w.asking != nil {
			w.asking()
		}
		within = min(stall+time.Duration(min(wait.Waiting, int(patience/time.Second)))*time.Second, time.Until(latest))
	}
}

// watch tells the sender that a person is asked. It returns a channel that is closed when the stream
// ends, or when the other side says something. Nothing else may be read until the caller has called stop.
func (w *wire) watch() (over <-chan struct{}, stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	_ = w.say(waiting{int(answerWithin / time.Second), true})
	_ = w.stream.SetReadDeadline(time.Time{})
	go func() {
		defer close(done)
		if _, err := w.stream.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			close(ended)
		}
	}()
	return ended, func() {
		_ = w.stream.SetReadDeadline(time.Unix(1, 0))
		<-done
		w.began = time.Now() // the sender waits for a stall from here on
	}
}

// because returns the reason for an error of the stream.
func (w *wire) because(err error) error {
	var ended *sdk.StreamError
	switch {
	case err == nil:
		return nil
	case w.ctx.Err() != nil:
		return errWeLeft
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errStalled
	case errors.As(err, &ended) && ended.Code == sdk.CodeBusy:
		return errBusy
	case errors.As(err, &ended), err == io.EOF:
		return errTheyLeft
	}
	return err
}
