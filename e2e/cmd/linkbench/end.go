//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// endMode is the argument with which this program starts itself as an End.
const endMode = "the-end"

// relaySocket opens a Unix socket that leads to the relay, from any network namespace, until the
// end of the run.
func relaySocket(r *bench.Run, relay *bench.Relay) (path string, closeIt func()) {
	folder, err := os.MkdirTemp("", "bench-")
	r.Check(err)
	path = filepath.Join(folder, "relay")
	ln, err := net.Listen("unix", path)
	r.Check(err)
	go func() {
		for {
			from, err := ln.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp4", relay.Address)
			if err != nil {
				_ = from.Close()
				continue
			}
			for _, ends := range [][2]net.Conn{{from, to}, {to, from}} {
				go func() {
					_, _ = io.Copy(ends[0], ends[1])
					_ = ends[0].Close()
					_ = ends[1].Close()
				}()
			}
		}
	}()
	return path, func() {
		_ = ln.Close()
		_ = os.RemoveAll(folder)
	}
}

// End is a process at one end of a cable. The mode calls its methods over its standard input and
// output, one at a time.
type End struct {
	options  sdk.Options
	pc       *webrtc.PeerConnection
	carriers map[string]*carrier
}

// A carrier carries bytes from one End to the other.
type carrier struct {
	write    func([]byte) error
	stop     chan struct{}
	sent     chan int64 // how many bytes were written, when it has stopped
	received atomic.Int64
}

// runEnd answers calls until its standard input ends.
func runEnd(args []string) error {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", args[0])
	}
	e := &End{options: sdk.Options{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}}, carriers: map[string]*carrier{}}
	for _, name := range carrierNames {
		e.carriers[name] = &carrier{}
	}
	server := rpc.NewServer()
	if err := server.Register(e); err != nil {
		return err
	}
	server.ServeCodec(jsonrpc.NewServerCodec(struct {
		io.Reader
		io.WriteCloser
	}{os.Stdin, os.Stdout}))
	return io.EOF
}

// The names of the carriers.
const (
	byStream  = "stream"
	byChannel = "raw data channel"
	byTCP     = "TCP"
)

var carrierNames = []string{byStream, byChannel, byTCP}

// Nothing is what a method takes or returns that needs nothing.
type Nothing struct{}

// Listen waits for the other End's Dial. It returns the URL for it.
func (e *End) Listen(_ Nothing, url *string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e.options.Paths = sdk.PathsDirect
	ln, err := sdk.Listen(ctx, "ws://relay/server", &e.options)
	if err != nil {
		return err
	}
	*url = ln.ClientURL()
	go func() {
		conn, err := ln.Accept(context.Background())
		if err != nil {
			return
		}
		if s, err := conn.AcceptStream(context.Background()); err == nil {
			e.carriers[byStream].count(s)
		}
	}()
	return nil
}

// Dial opens a stream to the other End.
func (e *End) Dial(url string, _ *Nothing) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e.options.Paths = sdk.PathsDirect
	conn, err := sdk.Dial(ctx, url, &e.options)
	if err != nil {
		return err
	}
	s, err := conn.OpenStream(ctx, "bench")
	e.carriers[byStream].write = func(data []byte) error {
		_, err := s.Write(data)
		return err
	}
	return err
}

// Offer begins a raw data channel, with pion's own settings.
func (e *End) Offer(_ Nothing, offer *string) (err error) {
	if e.pc, err = webrtc.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	channel, err := e.pc.CreateDataChannel("bench", nil)
	if err != nil {
		return err
	}
	low, opened := make(chan struct{}, 1), make(chan struct{})
	channel.OnOpen(func() { close(opened) })
	channel.SetBufferedAmountLowThreshold(maxUnsent / 2)
	channel.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	c := e.carriers[byChannel]
	c.write = func(data []byte) error {
		<-opened
		for channel.BufferedAmount() > maxUnsent {
			select {
			case <-low:
			case <-c.stop:
				return errStopped
			}
		}
		return channel.Send(data)
	}
	d, err := e.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	return e.describe(d, offer)
}

// Answer answers an offer.
func (e *End) Answer(offer string, answer *string) (err error) {
	if e.pc, err = webrtc.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	e.pc.OnDataChannel(func(dc *webrtc.DataChannel) {
		dc.OnMessage(func(m webrtc.DataChannelMessage) { e.carriers[byChannel].received.Add(int64(len(m.Data))) })
	})
	if err := e.Agree(offer, nil); err != nil {
		return err
	}
	d, err := e.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	return e.describe(d, answer)
}

// Agree takes the description of the other End.
func (e *End) Agree(description string, _ *Nothing) error {
	var d webrtc.SessionDescription
	if err := json.Unmarshal([]byte(description), &d); err != nil {
		return err
	}
	return e.pc.SetRemoteDescription(d)
}

func (e *End) describe(d webrtc.SessionDescription, text *string) error {
	gathered := webrtc.GatheringCompletePromise(e.pc)
	if err := e.pc.SetLocalDescription(d); err != nil {
		return err
	}
	<-gathered
	all, err := json.Marshal(e.pc.LocalDescription())
	*text = string(all)
	return err
}

// ListenTCP waits for the other End's DialTCP.
func (e *End) ListenTCP(address string, _ *Nothing) error {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			e.carriers[byTCP].count(conn)
		}
	}()
	return nil
}

// DialTCP opens a TCP connection to the other End.
func (e *End) DialTCP(address string, _ *Nothing) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	e.carriers[byTCP].write = func(data []byte) error {
		_, err := conn.Write(data)
		return err
	}
	return nil
}

var errStopped = fmt.Errorf("it was stopped")

// Send has a carrier carry as much as it can, until Stop.
func (e *End) Send(by string, _ *Nothing) error {
	c := e.carriers[by]
	stop := make(chan struct{})
	c.stop, c.sent = stop, make(chan int64, 1)
	go func() {
		data, n := make([]byte, chunk), int64(0)
		defer func() { c.sent <- n }()
		for c.write(data) == nil {
			n += chunk
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	return nil
}

// Stop ends Send, and returns how many bytes were sent since.
func (e *End) Stop(by string, sent *int64) error {
	c := e.carriers[by]
	close(c.stop)
	*sent = <-c.sent
	return nil
}

// Count returns how many bytes have come by a carrier in all.
func (e *End) Count(by string, received *int64) error {
	*received = e.carriers[by].received.Load()
	return nil
}

// count counts what comes on a connection until it ends.
func (c *carrier) count(conn io.Reader) {
	for data := make([]byte, 64<<10); ; {
		n, err := conn.Read(data)
		c.received.Add(int64(n))
		if err != nil {
			return
		}
	}
}
