package nat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/sdk"
)

// taskVariable is set for a copy of the test program that is a peer, to its task.
const taskVariable = "INTERCESSOR_NAT_TASK"

// A task is what a peer does. Without Want it is a server, which prints the URL for clients and
// returns what they send. Otherwise it is a client, which prints a result.
type task struct {
	URL        string
	Want       string          // direct, turn, or none
	ICEServers []sdk.ICEServer // nil for the relay's
	RelayOnly  bool
	OnlyOwn    bool // not the relay's ICE servers, too
	Base       bool // speaks the base protocol
}

// none is the path of two peers whose channels must fail.
const none = "none"

// A result is what a client has seen. Times count from the beginning of its Dial.
type result struct {
	Message time.Duration // until the answer to its first message
	Channel time.Duration // until the answer on its data channel, or the error
	Path    time.Duration // until the path is as wanted
	Pair    string        // the candidates of the path
	Problem string        // the error of the channel
	Close   time.Duration // how long Close took
}

// within bounds what a client does. It is more than a channel may take to fail.
const within = patience.Max

func runPeer(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	if t.Want == "" {
		return t.serve(context.Background())
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	r, err := t.dial(ctx)
	if err != nil {
		return fmt.Errorf("after %+v: %w", r, err)
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func (t task) options() *sdk.Options {
	o := &sdk.Options{ICEServers: t.ICEServers, RelayOnly: t.RelayOnly, OnlyOwnICEServers: t.OnlyOwn}
	if t.Base {
		o.HTTPClient = &http.Client{Transport: base{}}
	}
	return o
}

// base is a transport that asks for no subprotocol, so that the relay speaks the base protocol.
type base struct{}

func (base) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Sec-WebSocket-Protocol")
	return http.DefaultTransport.RoundTrip(r)
}

func (t task) serve(ctx context.Context) error {
	ln, err := sdk.Listen(ctx, t.URL, t.options())
	if err != nil {
		return err
	}
	fmt.Println(ln.ClientURL())
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			return err
		}
		go echo(ctx, conn)
	}
}

// echo returns what comes on a connection until it ends.
func echo(ctx context.Context, conn *sdk.Conn) {
	defer conn.Close()
	go func() {
		for s, err := conn.AcceptStream(ctx); err == nil; s, err = conn.AcceptStream(ctx) {
			_, _ = io.Copy(s, s)
			_ = s.CloseWrite()
		}
	}()
	go func() {
		for ch, err := conn.AcceptChannel(ctx); err == nil; ch, err = conn.AcceptChannel(ctx) {
			for data, err := ch.Receive(ctx); err == nil; data, err = ch.Receive(ctx) {
				_ = ch.Send(ctx, data)
			}
		}
	}()
	for m, err := range conn.Messages(ctx) {
		if err != nil {
			return
		}
		_, _ = conn.Send(ctx, m)
	}
}

func (t task) dial(ctx context.Context) (r result, err error) {
	began := time.Now()
	conn, err := sdk.Dial(ctx, t.URL, t.options())
	if err != nil {
		return r, err
	}
	defer func() {
		closing := time.Now()
		err = errors.Join(err, conn.Close())
		r.Close = time.Since(closing)
	}()
	if err := message(ctx, conn); err != nil {
		return r, fmt.Errorf("message: %w", err)
	}
	r.Message = time.Since(began)
	err = channel(ctx, conn)
	r.Channel = time.Since(began)
	if t.Want == none {
		if err == nil {
			return r, errors.New("the channel has opened")
		}
		r.Problem = err.Error()
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("channel: %w", err)
	}
	found := ""
	if !form.Within(within/2, func() bool { found, r.Pair = pathOf(conn); return found == t.Want }) {
		return r, fmt.Errorf("the path is %s and stays %s", found, r.Pair)
	}
	r.Path = time.Since(began)
	if err := stream(ctx, conn); err != nil {
		return r, fmt.Errorf("stream: %w", err)
	}
	if now := conn.Path(); now.State != sdk.PathUp || now.TURN != (t.Want == turn) || t.Want == turn && now.Route != sdk.RouteRelay {
		return r, fmt.Errorf("the SDK says of the path that it is %+v", now)
	}
	return r, nil
}

// message sends a message and waits for its answer.
func message(ctx context.Context, conn *sdk.Conn) error {
	const data = `"hello"`
	if _, err := conn.Send(ctx, sdk.Message{Type: "greeting", Data: []byte(data)}); err != nil {
		return err
	}
	m, err := conn.Receive(ctx)
	if err == nil && string(m.Data) != data {
		err = fmt.Errorf("the answer is %s", m.Data)
	}
	return err
}

// channel does so on a data channel, with as much as fits into one packet and with more.
func channel(ctx context.Context, conn *sdk.Conn) error {
	ch, err := conn.OpenChannel(ctx, "channel")
	if err != nil {
		return err
	}
	for _, size := range []int{10, 50_000} {
		data := noise(size)
		if err := ch.Send(ctx, data); err != nil {
			return err
		}
		answer, err := ch.Receive(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, answer) {
			return errors.New("the answer differs")
		}
	}
	return nil
}

// stream does so on a byte stream.
func stream(ctx context.Context, conn *sdk.Conn) error {
	s, err := conn.OpenStream(ctx, "stream")
	if err != nil {
		return err
	}
	data := noise(200_000)
	wrote := make(chan error, 1)
	go func() {
		_, err := s.Write(data)
		wrote <- errors.Join(err, s.CloseWrite())
	}()
	answer, err := io.ReadAll(s)
	if err := errors.Join(err, <-wrote, s.Close()); err != nil {
		return err
	}
	if !bytes.Equal(data, answer) {
		return errors.New("the answer differs")
	}
	return nil
}

func noise(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

// pathOf returns the path of a connection's channels, and its candidates.
func pathOf(conn *sdk.Conn) (path, candidates string) {
	pc, err := conn.PeerConnection()
	if err != nil {
		return "", err.Error()
	}
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if pair == nil {
		return "", fmt.Sprint("no pair: ", err)
	}
	path, candidates = direct, fmt.Sprint(pair.Local, " to ", pair.Remote)
	if pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay {
		path = turn
	}
	return path, candidates
}
