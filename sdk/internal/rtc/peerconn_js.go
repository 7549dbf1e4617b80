package rtc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall/js"
)

// peerConn is the browser's RTCPeerConnection.
type peerConn struct {
	pc, beacon js.Value
	link       rawChannel
	events     events
	report     LinkListener // may be nil
	found      bool         // there is a local candidate
	polls      bool         // findPair runs

	ctx     context.Context    // ends with cancel
	cancel  context.CancelFunc // ends finding
	finding sync.WaitGroup     // searches for the selected pair

	onPC, onBeacon, onLink, onICE listeners
	onChannels                    map[*listeners]struct{} // owned by the callbacks and by close
}

func newPeerConn(o Options, ev events) (*peerConn, error) {
	class := js.Global().Get("RTCPeerConnection")
	if class.IsUndefined() {
		return nil, errors.New("this JavaScript environment has no RTCPeerConnection; a worker has none")
	}
	p := &peerConn{events: ev, report: o.Link, onChannels: make(map[*listeners]struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	err := try(func() {
		p.pc = class.New(map[string]any{"iceServers": iceServers(o.ICEServers)})
		p.beacon = p.negotiated(beaconLabel, beaconID)
		p.link = rawChannel{p.negotiated(linkLabel, linkID)}
	})
	if err != nil {
		return nil, err
	}
	p.onPC.target, p.onBeacon.target = p.pc, p.beacon
	p.onPC.on("negotiationneeded", func(js.Value) { ev.needed() })
	p.onPC.on("icecandidate", p.onCandidate)
	p.onPC.on("connectionstatechange", p.onState)
	p.onPC.on("icecandidateerror", func(e js.Value) {
		ev.server(ServerError{textOf(e.Get("url")), e.Get("errorCode").Int(), textOf(e.Get("errorText"))})
	})
	p.onPC.on("datachannel", func(event js.Value) {
		dc := event.Get("channel")
		if o.OnDataChannel != nil {
			o.OnDataChannel(dc)
		} else if !ev.incoming(p.wrap(dc)) {
			return
		}
		p.tell(dc)
	})
	p.onBeacon.on("message", func(event js.Value) { ev.beacon(string(messageBytes(event.Get("data")))) })
	p.onBeacon.on("open", func(event js.Value) {
		p.lookAtPair(event)
		ev.up()
	})
	p.onBeacon.on("close", func(js.Value) { ev.down() })
	if o.Link != nil {
		p.hearLink()
	}
	return p, nil
}

func (p *peerConn) negotiated(label string, id int) js.Value {
	dc := p.pc.Call("createDataChannel", label, map[string]any{"negotiated": true, "id": id})
	dc.Set("binaryType", "arraybuffer")
	return dc
}

func (p *peerConn) hearLink() {
	p.onLink.target = p.link.dc
	p.link.setLow(lowBuffered)
	p.onLink.on("bufferedamountlow", func(js.Value) { p.report.LinkNews(LinkLow) })
	p.onLink.on("open", func(event js.Value) {
		p.lookAtPair(event)
		p.report.LinkNews(LinkOpen)
	})
	p.onLink.on("message", func(event js.Value) {
		data := event.Get("data")
		p.report.LinkMessage(messageBytes(data), data.Type() == js.TypeString)
	})
}

func (p *peerConn) sendLink(data []byte, text bool) error {
	if text {
		return try(func() { p.link.dc.Call("send", string(data)) })
	}
	return p.link.send(data)
}

func iceServers(servers []ICEServer) []any {
	list := make([]any, 0, len(servers))
	for _, s := range servers {
		urls := make([]any, 0, len(s.URLs))
		for _, url := range s.URLs {
			urls = append(urls, url)
		}
		server := map[string]any{"urls": urls}
		if s.Username != "" {
			server["username"], server["credential"] = s.Username, s.Credential
		}
		list = append(list, server)
	}
	return list
}

// setICEServers leaves the page's other settings as they are.
func (p *peerConn) setICEServers(servers []ICEServer) {
	_ = try(func() {
		config := p.pc.Call("getConfiguration")
		config.Set("iceServers", iceServers(servers))
		p.pc.Call("setConfiguration", config)
	})
}

// tell tells the other peer that this side has received its channel.
func (p *peerConn) tell(dc js.Value) {
	_ = try(func() { p.beacon.Call("send", js.Global().Get("String").Invoke(dc.Get("id"))) })
}

func (p *peerConn) onCandidate(event js.Value) {
	candidate := event.Get("candidate")
	if candidate.IsNull() && !p.found {
		if cause := p.withoutCandidates(); cause != CauseNoPath {
			p.events.failed(cause)
		}
	}
	if !candidate.Truthy() || candidate.Get("candidate").String() == "" {
		return // end of candidates
	}
	p.found = true
	p.events.candidate(candidate.Get("candidate").String(), stringify(candidate))
}

// withoutCandidates returns why there is no path if this side has no candidate. Chromium says nothing
// of a TURN server on a port that it does not use, and goes on gathering.
func (p *peerConn) withoutCandidates() ICECause {
	config := p.pc.Call("getConfiguration")
	servers := string(stringify(config.Get("iceServers")))
	switch {
	case textOf(config.Get("iceTransportPolicy")) != "relay":
		return CauseNoPath
	case strings.Contains(servers, `"turn:`), strings.Contains(servers, `"turns:`):
		return CauseTURNUnreachable
	}
	return CauseNoTURN
}

func (p *peerConn) onState(js.Value) {
	state := p.pc.Get("connectionState").String()
	if state == "connected" {
		p.lookAtPair(js.Undefined())
	}
	if state == "disconnected" && p.report != nil {
		p.report.LinkNews(LinkDisconnected)
	}
	if state != "failed" {
		return
	}
	cause := CauseHandshake
	if p.pc.Get("iceConnectionState").String() == "failed" {
		cause = CauseNoPath
	}
	p.events.failed(cause)
}

// describeLocal makes this side's offer or answer, sets it as the local description and
// returns it as an RTCSessionDescriptionInit. With restart the offer restarts ICE.
func (p *peerConn) describeLocal(ctx context.Context, answer, restart bool) ([]byte, error) {
	create := "createOffer"
	if answer {
		create = "createAnswer"
	}
	d, err := p.call(ctx, create, map[string]any{"iceRestart": restart})
	if err != nil {
		return nil, err
	}
	if _, err := p.call(ctx, "setLocalDescription", d); err != nil {
		return nil, err
	}
	return stringify(d), nil
}

func (p *peerConn) describeRemote(ctx context.Context, description []byte) error {
	d, err := parse(description)
	if err != nil {
		return err
	}
	_, err = p.call(ctx, "setRemoteDescription", d)
	return err
}

// describedCandidates: the caller of describeRemote must add the description's candidates.
const describedCandidates = false

func debug(text string) { js.Global().Get("console").Call("debug", text) }

func (p *peerConn) addCandidate(ctx context.Context, _ string, candidate []byte) error {
	c, err := parse(candidate)
	if err != nil {
		return err
	}
	_, err = p.call(ctx, "addIceCandidate", c)
	return err
}

// unplaced counts the transceivers without a section in any description.
func (p *peerConn) unplaced() int {
	n := 0
	transceivers := p.pc.Call("getTransceivers")
	for i := range transceivers.Length() {
		if transceivers.Index(i).Get("mid").IsNull() {
			n++
		}
	}
	return n
}

func (p *peerConn) sections() (s Sections) {
	transceivers := p.pc.Call("getTransceivers")
	for i := range transceivers.Length() {
		if transceivers.Index(i).Get("receiver").Get("track").Get("kind").String() == "audio" {
			s.Audio++
		} else {
			s.Video++
		}
	}
	return s
}

// addSection adds a transceiver that receives.
func (p *peerConn) addSection(kind string) error {
	return try(func() { p.pc.Call("addTransceiver", kind, map[string]any{"direction": "recvonly"}) })
}

func (p *peerConn) createChannel(label string) (*Channel, error) {
	dc, err := p.createRaw(label, js.Undefined())
	if err != nil {
		return nil, err
	}
	return p.wrap(dc), nil
}

func (p *peerConn) createRaw(label string, init js.Value) (dc js.Value, err error) {
	err = try(func() { dc = p.pc.Call("createDataChannel", label, init) })
	if err != nil && p.pc.Get("signalingState").String() == "closed" {
		p.events.down() // the page has closed it, and an event need not come
		err = ErrPathClosed
	}
	return dc, err
}

// wrap returns a Channel for the browser's channel. Its callbacks are released at its end.
func (p *peerConn) wrap(dc js.Value) *Channel {
	events := &listeners{target: dc}
	p.onChannels[events] = struct{}{}
	return wrap(dc, events, p.events.over, func() {
		events.release()
		delete(p.onChannels, events)
	})
}

// shut ends the connection before close does.
func (p *peerConn) shut() { p.pc.Call("close") }

// close ends the connection. A browser need not send any event after it.
func (p *peerConn) close() {
	p.pc.Call("close")
	p.cancel()
	p.finding.Wait()
	for events := range p.onChannels {
		events.release()
	}
	p.onPC.release()
	p.onBeacon.release()
	p.onLink.release()
	p.onICE.release()
}

// call calls a method that returns a promise, and waits for it.
func (p *peerConn) call(ctx context.Context, method string, args ...any) (js.Value, error) {
	var promise js.Value
	if err := try(func() { promise = p.pc.Call(method, args...) }); err != nil {
		return promise, err
	}
	return await(ctx, promise)
}

func stringify(v js.Value) []byte {
	return []byte(js.Global().Get("JSON").Call("stringify", v).String())
}

func parse(text []byte) (v js.Value, err error) {
	err = try(func() { v = js.Global().Get("JSON").Call("parse", string(text)) })
	return v, err
}

// PeerConnection returns the browser's RTCPeerConnection. The first call makes it. The
// program may add tracks and transceivers and listen to its events; the Peer negotiates.
// The program must not close it. The error is ErrClosed, or the browser's exception.
func (p *Peer) PeerConnection() (js.Value, error) {
	if p.isClosed() {
		return js.Undefined(), ErrClosed
	}
	pc, err := p.connection()
	if err != nil {
		return js.Undefined(), err
	}
	return pc.pc, nil
}
