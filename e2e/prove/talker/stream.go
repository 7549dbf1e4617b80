package talker

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/sdk"
)

// chunk is where writes and reads are cut, so that their hashes can be compared.
const chunk = 4096

// A sum is how many bytes there were, and their hash.
type sum struct {
	bytes uint64
	hash  interface {
		io.Writer
		Sum64() uint64
	}
}

func newSum() *sum { return &sum{hash: fnv.New64a()} }

func (s *sum) add(data []byte) {
	_, _ = s.hash.Write(data)
	s.bytes += uint64(len(data))
}

func (s *sum) text() string { return fmt.Sprintf("%016x", s.hash.Sum64()) }

// rest returns how many bytes are left of the chunk, but at most so many.
func (s *sum) rest(most int) int { return min(most, chunk-int(s.bytes%chunk)) }

// Stream opens a byte stream, and writes bytes to it for about a time. Some of the streams end in
// another way than by their close. The other side does the same if it serves streams. Stream
// returns when both directions are over, or the error of the Conn's OpenStream.
func (t *Talk) Stream(ctx context.Context, size int, over time.Duration, random *rand.Rand) error {
	t.mu.Lock()
	t.streams++
	n := 2 * t.streams
	t.mu.Unlock()
	if t.App.ID == t.App.Room {
		n++
	}
	s, err := t.Conn.OpenStream(ctx, strconv.Itoa(n))
	if err != nil {
		return err
	}
	t.use(ctx, s, n, size, over, random)
	return nil
}

// Serve accepts the streams of the other side from now on. It reads each, and writes as much as
// it reads, about. It ends with the Conn.
func (t *Talk) Serve(seed uint64) {
	t.App.group.Go(func() {
		for {
			t.App.awaitTaking()
			s, err := t.Conn.AcceptStream(context.Background())
			if err != nil {
				return
			}
			n, err := strconv.Atoi(s.Name())
			if err != nil {
				t.App.Problem("a stream has the name %q", s.Name())
				return
			}
			random := rand.New(rand.NewPCG(seed, uint64(n)))
			t.App.group.Go(func() { t.use(context.Background(), s, n, random.IntN(20_000), 0, random) })
		}
	})
}

// use writes and reads, until both directions are over.
func (t *Talk) use(ctx context.Context, s *sdk.Stream, n, size int, over time.Duration, random *rand.Rand) {
	cutWrite, cutRead := random.IntN(12) == 0, random.IntN(12) == 0
	read := make(chan struct{})
	t.App.group.Go(func() {
		defer close(read)
		t.read(s, n, cutRead)
	})
	t.write(ctx, s, n, size, over, cutWrite)
	<-read
	_ = s.Close()
}

func (t *Talk) streamEvent(kind history.Kind, n int, of *sum, name, reason string) {
	e := t.about()
	e.Link, e.Stream, e.Name, e.Reason = t.App.ID, n, name, reason
	if t.App.ID == t.App.Room { // both ends name the link alike
		e.Link = t.Conn.PeerID()
	}
	if of != nil {
		e.Seq, e.Hash = of.bytes, of.text()
	}
	t.App.Event(kind, e)
}

// write writes bytes of which no two runs are the same, and waits for the outcome.
func (t *Talk) write(ctx context.Context, s *sdk.Stream, n, size int, over time.Duration, cut bool) {
	written := newSum()
	pause := over / time.Duration(size/chunk+1)
	for left := size; left > 0; {
		if cut && left < size/2 {
			break
		}
		data := make([]byte, written.rest(left))
		for i := range data {
			at := written.bytes + uint64(i)
			data[i] = byte(at*167 ^ at>>7 ^ uint64(n)<<3)
		}
		written.add(data)
		t.streamEvent(history.Wrote, n, written, "", "")
		if _, err := s.Write(data); err != nil {
			return // the other side does not read, or the Conn is over
		}
		left -= len(data)
		form.Pause(ctx, pause)
	}
	if cut {
		t.streamEvent(history.Cut, n, nil, "abort", "")
		s.CancelWrite(7, "")
		return
	}
	t.streamEvent(history.Ended, n, nil, "", "")
	_ = s.CloseWrite()
	o, _ := s.Wait(context.Background())
	t.streamEvent(history.Sent, n, nil, o.Result.String(), string(o.Reason))
}

// read reads to the end, or gives up in the middle.
func (t *Talk) read(s *sdk.Stream, n int, cut bool) {
	read := newSum()
	buffer := make([]byte, chunk)
	for {
		t.App.awaitTaking()
		if cut && read.bytes > 2*chunk {
			t.streamEvent(history.Cut, n, nil, "stop", "")
			s.CancelRead(8, "")
			return
		}
		k, err := s.Read(buffer[:read.rest(chunk)])
		if k > 0 {
			read.add(buffer[:k])
			t.streamEvent(history.ReadTo, n, read, "", "")
		}
		if err == io.EOF {
			t.streamEvent(history.EOF, n, read, "", "")
		}
		if err != nil {
			return
		}
	}
}

// Paths logs which path the messages of this side take, until the Conn is over.
func (t *Talk) Paths() {
	t.App.group.Go(func() {
		name := ""
		for p, err := t.Conn.Path(), error(nil); err == nil; p, err = t.Conn.WaitPath(context.Background(), p) {
			now := string(sdk.RouteRelay)
			if p.Route != sdk.RouteRelay {
				now = string(sdk.RouteDirect)
			}
			if now != name {
				name = now
				e := t.about()
				e.Name = name
				t.App.Event(history.Path, e)
			}
		}
	})
}
