//go:build !js

package rtc

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// peerConn is pion's peer connection.
type peerConn struct {
	pc     *webrtc.PeerConnection
	beacon *webrtc.DataChannel
	events events
	asked  *servers
	found  bool               // owned by onCandidate: there is a local candidate
	cancel context.CancelFunc // ends what waits in hostNet
}

func newPeerConn(o Options, ev events) (*peerConn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	asked := &servers{LoggerFactory: logger(), report: ev.server, names: make(map[string]string)}
	asked.set(o.ICEServers)
	host, err := newHostNet(ctx, asked)
	if err != nil {
		cancel()
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetNet(host)
	settings.SetIncludeLoopbackCandidate(true) // which hostNet has only where there is nothing else
	// Browsers hide their addresses behind mDNS names, which have to be looked up.
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly)
	settings.SetSCTPMaxMessageSize(MaxMessage)
	settings.LoggerFactory = asked

	config := webrtc.Configuration{ICEServers: iceServers(o.ICEServers)}
	if o.RelayOnly {
		config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(config)
	if err != nil {
		cancel()
		return nil, err
	}
	p := &peerConn{pc: pc, events: ev, asked: asked, cancel: cancel}
	pc.OnNegotiationNeeded(p.onNeeded)
	pc.OnICECandidate(p.onCandidate)
	pc.OnConnectionStateChange(p.onState)
	pc.OnDataChannel(p.onDataChannel)
	pc.SCTP().Transport().OnStateChange(p.onHandshake)
	if err := p.createBeacon(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func iceServers(servers []ICEServer) (list []webrtc.ICEServer) {
	for _, s := range servers {
		list = append(list, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	return list
}

// setICEServers leaves the program's other settings as they are.
func (p *peerConn) setICEServers(text []byte) {
	named := ParseICEServers(text)
	p.asked.set(named)
	_ = p.pc.SetConfiguration(webrtc.Configuration{ // pion leaves settings alone whose field is zero
		ICEServers:         iceServers(named),
		ICETransportPolicy: p.pc.GetConfiguration().ICETransportPolicy,
	})
}

func (p *peerConn) createBeacon() error {
	negotiated, id := true, uint16(beaconID)
	dc, err := p.pc.CreateDataChannel(beaconLabel, &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
	if err != nil {
		return err
	}
	p.beacon = dc
	dc.OnOpen(p.events.up)
	dc.OnMessage(func(m webrtc.DataChannelMessage) { p.events.beacon(string(m.Data)) })
	// Unlike the beacon's close event, this event comes after the events of every
	// channel that the other peer opened before it closed the path.
	p.pc.SCTP().OnClose(func(error) { p.events.down() })
	return nil
}

// onNeeded leaves out what pion reports so late that a round is under way already:
// at the end of the round it looks again.
func (p *peerConn) onNeeded() {
	if p.pc.SignalingState() == webrtc.SignalingStateStable {
		p.events.needed()
	}
}

func (p *peerConn) onCandidate(c *webrtc.ICECandidate) {
	if c == nil { // end of candidates
		if !p.found && p.pc.GetConfiguration().ICETransportPolicy == webrtc.ICETransportPolicyRelay {
			p.events.failed(CauseNoPath) // without candidates there is no path
		}
		return
	}
	p.found = true
	init := c.ToJSON()
	message, err := json.Marshal(init)
	if err == nil {
		p.events.candidate(init.Candidate, message)
	}
}

// onDataChannel is called before the first message of the channel.
func (p *peerConn) onDataChannel(dc *webrtc.DataChannel) {
	ch := wrap(dc, p.pc.SCTP(), p.events.over)
	if p.events.incoming(ch) {
		_ = p.beacon.SendText(strconv.Itoa(ch.raw.id()))
	}
}

func (p *peerConn) onState(state webrtc.PeerConnectionState) {
	if state == webrtc.PeerConnectionStateFailed && p.pc.ICEConnectionState() == webrtc.ICEConnectionStateFailed {
		p.events.failed(CauseNoPath)
	}
}

// onHandshake reports a failed handshake, also if pion closes the connection before its
// state is failed.
func (p *peerConn) onHandshake(state webrtc.DTLSTransportState) {
	if state == webrtc.DTLSTransportStateFailed {
		p.events.failed(CauseHandshake)
	}
}

// describeLocal makes this side's offer or answer, sets it as the local description and
// returns it as an RTCSessionDescriptionInit.
func (p *peerConn) describeLocal(_ context.Context, answer bool) ([]byte, error) {
	var d webrtc.SessionDescription
	var err error
	if answer {
		d, err = p.pc.CreateAnswer(nil)
	} else {
		d, err = p.pc.CreateOffer(nil)
	}
	if err != nil {
		return nil, err
	}
	if err := p.pc.SetLocalDescription(d); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// describeRemote sets the description without its candidates, because pion refuses the whole
// description if it does not know one of them. The caller adds them one by one.
func (p *peerConn) describeRemote(_ context.Context, description []byte) error {
	var d webrtc.SessionDescription
	if err := json.Unmarshal(description, &d); err != nil {
		return err
	}
	var sdp strings.Builder
	for line := range strings.Lines(d.SDP) {
		if !strings.HasPrefix(line, "a=candidate:") {
			sdp.WriteString(line)
		}
	}
	d.SDP = sdp.String()
	return p.pc.SetRemoteDescription(d)
}

// addCandidate takes the line of a candidate; the message around it says nothing more.
func (p *peerConn) addCandidate(_ context.Context, line string, _ []byte) error {
	line, err := readCandidate(line)
	if err == nil {
		err = p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line})
	}
	return err
}

// describedCandidates: the caller of describeRemote must add the description's candidates.
const describedCandidates = true

// unplaced counts the transceivers without a section in any description.
func (p *peerConn) unplaced() int {
	n := 0
	for _, t := range p.pc.GetTransceivers() {
		if t.Mid() == "" {
			n++
		}
	}
	return n
}

func (p *peerConn) createChannel(label string) (*Channel, error) {
	dc, err := p.pc.CreateDataChannel(label, nil)
	if err != nil {
		return nil, err
	}
	return wrap(dc, p.pc.SCTP(), p.events.over), nil
}

// tidyWithin bounds the wait for pion's goroutines. An application may have handlers on the
// connection that do not return.
const tidyWithin = 2 * time.Second

// close ends the connection and waits for pion's goroutines.
func (p *peerConn) close() {
	p.cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.pc.GracefulClose()
	}()
	late := time.NewTimer(tidyWithin)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
}

// PeerConnection returns pion's connection. The first call makes it. The program may add
// tracks and transceivers; the Peer negotiates. The program must not close the connection
// or replace its handlers OnNegotiationNeeded, OnICECandidate, OnConnectionStateChange and
// OnDataChannel, or OnStateChange of the DTLS transport. The error is ErrClosed, or pion's.
func (p *Peer) PeerConnection() (*webrtc.PeerConnection, error) {
	if p.isClosed() {
		return nil, ErrClosed
	}
	pc, err := p.connection()
	if err != nil {
		return nil, err
	}
	return pc.pc, nil
}
