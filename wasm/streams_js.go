package main

import (
	"context"
	"io"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk"
)

// mostRead is how many bytes a read of a stream returns at most.
const mostRead = 64 << 10

// openStream(conn, name) resolves to {number, name}.
func (p *program) openStream(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	s, err := c.OpenStream(ctx, args[1].String())
	if err != nil {
		return nil, err
	}
	return p.addStream(c, s), nil
}

// acceptStream(conn) resolves to {number, name}.
func (p *program) acceptStream(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	s, err := c.AcceptStream(ctx)
	if err != nil {
		return nil, err
	}
	return p.addStream(c, s), nil
}

// readStream(stream) resolves to a Uint8Array, or to null at the end.
func (p *program) readStream(_ context.Context, args []js.Value) (any, error) {
	s, err := p.stream(args[0])
	if err != nil {
		return nil, err
	}
	buf := make([]byte, mostRead)
	n, err := s.Read(buf)
	if n == 0 {
		if err == io.EOF {
			return js.Null(), nil
		}
		return nil, err
	}
	array := js.Global().Get("Uint8Array").New(n)
	js.CopyBytesToJS(array, buf[:n])
	return array, nil
}

// writeStream(stream, array) resolves when the SDK has taken all bytes of a Uint8Array.
func (p *program) writeStream(_ context.Context, args []js.Value) (any, error) {
	s, err := p.stream(args[0])
	if err != nil {
		return nil, err
	}
	data := make([]byte, args[1].Length())
	js.CopyBytesToGo(data, args[1])
	_, err = s.Write(data)
	return nil, err
}

// sentStream(stream) resolves to [kind, reason] when the outcome of what was written is known.
func (p *program) sentStream(ctx context.Context, args []js.Value) (any, error) {
	s, err := p.stream(args[0])
	if err != nil {
		return nil, err
	}
	outcome, err := s.Wait(ctx)
	if outcome.Result == 0 {
		return nil, err
	}
	return []any{outcome.Result.String(), string(outcome.Reason)}, nil
}

// closeStream(stream) ends the writing.
func (p *program) closeStream(args []js.Value) (js.Value, error) {
	s, err := p.stream(args[0])
	if err != nil {
		return js.Undefined(), err
	}
	return js.Undefined(), s.CloseWrite()
}

// abortStream(stream, code, text) and stopStream end the writing, and the reading, before the end.
func (p *program) abortStream(args []js.Value) (js.Value, error) {
	return js.Undefined(), p.breakStream(args, (*sdk.Stream).CancelWrite)
}

func (p *program) stopStream(args []js.Value) (js.Value, error) {
	return js.Undefined(), p.breakStream(args, (*sdk.Stream).CancelRead)
}

func (p *program) breakStream(args []js.Value, end func(*sdk.Stream, uint64, string)) error {
	s, err := p.stream(args[0])
	if err != nil {
		return err
	}
	end(s, uint64(args[1].Float()), args[2].String())
	return nil
}

// forgetStream(stream) forgets a stream that the page does not use any more.
func (p *program) forgetStream(args []js.Value) (js.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.streams, args[0].Int())
	return js.Undefined(), nil
}

// openedStream is a stream with a number, and its connection.
type openedStream struct {
	*sdk.Stream
	conn *sdk.Conn
}

func (p *program) addStream(c *sdk.Conn, s *sdk.Stream) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.streams[p.last] = openedStream{s, c}
	return map[string]any{"number": p.last, "name": s.Name()}
}

// stream returns the stream with a number. Those of a connection that was closed are forgotten.
func (p *program) stream(number js.Value) (*sdk.Stream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.streams[number.Int()]; ok {
		return s.Stream, nil
	}
	return nil, sdk.ErrClosed
}
