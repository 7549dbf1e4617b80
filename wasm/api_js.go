package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// dial(url, iceServers, onlyOwn, hide, store, ask, paths, WebSocket) resolves to {number, id, peerId, reliable, state}.
func (p *program) dial(ctx context.Context, args []js.Value) (any, error) {
	c, err := sdk.Dial(ctx, args[0].String(), p.options(args[1:]))
	if err != nil {
		return nil, err
	}
	return p.addConn(c), nil
}

// listen(url, iceServers, onlyOwn, hide, store, ask, paths, WebSocket) resolves to {number, id, url, state}.
func (p *program) listen(ctx context.Context, args []js.Value) (any, error) {
	l, err := sdk.Listen(ctx, args[0].String(), p.options(args[1:]))
	if err != nil {
		return nil, err
	}
	return p.addListener(l), nil
}

// accept(listener) resolves to {number, id, peerId, reliable, state}.
func (p *program) accept(ctx context.Context, args []js.Value) (any, error) {
	l, err := p.listener(args[0])
	if err != nil {
		return nil, err
	}
	c, err := l.Accept(ctx)
	if err != nil {
		return nil, err
	}
	return p.addConn(c), nil
}

// send(conn, type, json, settle) resolves when the message is accepted. settle(kind,
// reason) is called once after that, when its outcome is known.
func (p *program) send(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	receipt, err := c.Send(ctx, sdk.Message{Type: args[1].String(), Data: []byte(args[2].String())})
	if err != nil {
		return nil, err
	}
	settle := args[3]
	go func() {
		// Every receipt gets an outcome, so this wait needs no cancellation.
		outcome, _ := receipt.Outcome(context.Background())
		_, _ = protect(func() (any, error) { return settle.Invoke(outcome.Result.String(), string(outcome.Reason)), nil })
	}()
	return nil, nil
}

// receive(conn) resolves to [type, json].
func (p *program) receive(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	m, err := c.Receive(ctx)
	if err != nil {
		return nil, err
	}
	return []any{m.Type, string(m.Data)}, nil
}

// kick(conn, seconds, by) resolves when the relay has removed the other peer.
func (p *program) kick(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	options := &sdk.KickOptions{For: time.Duration(args[1].Float() * float64(time.Second)), By: args[2].String()}
	return nil, c.Kick(ctx, options)
}

// setOpen(listener, open) resolves when the relay has answered.
func (p *program) setOpen(ctx context.Context, args []js.Value) (any, error) {
	l, err := p.listener(args[0])
	if err != nil {
		return nil, err
	}
	return nil, l.SetOpen(ctx, args[1].Bool())
}

// setInfo(listener, json) resolves when the relay has answered. "null" removes the information.
func (p *program) setInfo(ctx context.Context, args []js.Value) (any, error) {
	l, err := p.listener(args[0])
	if err != nil {
		return nil, err
	}
	var info []byte
	if json := args[1].String(); json != "null" {
		info = []byte(json)
	}
	return nil, l.SetInfo(ctx, info)
}

// serverInfo(conn) returns the server's information as JSON, or "".
func (p *program) serverInfo(args []js.Value) (js.Value, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return js.Undefined(), err
	}
	return js.ValueOf(string(c.ServerInfo())), nil
}

// iceServers(conn) returns the STUN and TURN servers of a connection as an array of
// {urls: [string], username: string, credential: string}, without members that would be "".
func (p *program) iceServers(args []js.Value) (js.Value, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return js.Undefined(), err
	}
	servers, _ := c.ICEServers()
	array := make([]any, len(servers))
	for i, s := range servers {
		server := map[string]any{"urls": list(s.URLs)}
		if s.Username != "" {
			server["username"], server["credential"] = s.Username, s.Credential
		}
		array[i] = server
	}
	return js.ValueOf(array), nil
}

// openChannel(conn, label, init) resolves to an RTCDataChannel that is open.
func (p *program) openChannel(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	return c.OpenDataChannel(ctx, args[1].String(), args[2])
}

// pathEnd(conn) never resolves. It rejects when no more channels can come. On
// a dialled connection it opens the direct path.
func (p *program) pathEnd(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	for {
		// Options.OnDataChannel gets the channels. This call only waits for the end.
		if _, err := c.AcceptChannel(ctx); err != nil {
			return nil, err
		}
	}
}

// pc(conn) returns the RTCPeerConnection. It holds locks only briefly, so it
// needs no goroutine.
func (p *program) peerConnection(args []js.Value) (js.Value, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return js.Undefined(), err
	}
	return c.PeerConnection()
}

// nextPC(conn, pc) resolves to the RTCPeerConnection that follows pc.
func (p *program) nextPC(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	return c.NextPeerConnection(ctx, args[1])
}

// options reads the options in the form that intercessor.js gives them: an array of
// {urls: [string], username: string, credential: string}, whether these alone are used, whether
// outcomes are hidden, a store or null, the function to ask for the secret or null, paths or "", and a
// class of WebSockets or undefined.
func (p *program) options(args []js.Value) *sdk.Options {
	iceServers, identity := args[0], args[3]
	o := &sdk.Options{OnlyOwnICEServers: args[1].Bool(), HideOutcomes: args[2].Bool(), Secret: secret(args[4]), Paths: sdk.Paths(args[5].String())}
	o.OnDataChannel = p.deliver
	if len(args) > 6 { // a page that was loaded before the relay's upgrade gives no class
		o.WebSocket = args[6]
	}
	if !identity.IsNull() {
		o.Identity = store{identity}
	}
	for i := range iceServers.Length() {
		server := iceServers.Index(i)
		s := sdk.ICEServer{
			Username:   server.Get("username").String(),
			Credential: server.Get("credential").String(),
		}
		urls := server.Get("urls")
		for k := range urls.Length() {
			s.URLs = append(s.URLs, urls.Index(k).String())
		}
		o.ICEServers = append(o.ICEServers, s)
	}
	return o
}
