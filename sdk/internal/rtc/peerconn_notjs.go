//go:build !js

package rtc

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/sctp"
	"github.com/pion/webrtc/v4"
)

const (
	// maxRTO bounds the wait of SCTP between retransmissions. It doubles up to a minute
	// by default, and so does the time without data after the network is back.
	maxRTO = 3 * time.Second

	// receiveBuffer bounds what SCTP holds of a sender whose packets are lost or not read.
	// pion's 1 MiB stops one at a round trip of 200 ms.
	receiveBuffer = 8 << 20

	// minWindow and windowStep are the bytes that SCTP has in flight at least, and how many
	// more in each round trip without loss. pion's are 4 and 1 packets. With 1 % loss
	// these gave two to three times the rate, and a path of 4 Mbit/s lost nothing by them.
	// With a minWindow of 120 kB it lost a third.
	minWindow  = 32 << 10
	windowStep = 9600
)

// peerConn is pion's peer connection.
type peerConn struct {
	pc     *webrtc.PeerConnection
	beacon *webrtc.DataChannel
	link   rawChannel
	events events
	report LinkListener // may be nil
	late   *time.Timer  // runs giveUp while there is no path, without a LinkListener
	asked  *servers
	found  bool // owned by onCandidate: there is a local candidate
	held   *allocations
	checks *checks            // nil on the side that answers
	ctx    context.Context    // ends with cancel
	cancel context.CancelFunc // ends what waits in hostNet, and finding

	finding sync.WaitGroup // searches for mDNS names
	places  chan struct{}  // holds a token for each
}

// maxFinding bounds the mDNS names that are searched for at once. A browser has one for each of
// its host's addresses.
const maxFinding = 16

func newPeerConn(o Options, ev events) (*peerConn, error) {
	ctx, cancel := context.WithCancel(context.Background())
	asked := &servers{LoggerFactory: logger(), report: ev.server, names: make(map[string]string)}
	asked.set(o.ICEServers)
	host, err := newHostNet(ctx, o.Network, asked)
	var settings webrtc.SettingEngine
	if err == nil {
		err = nominateAgain(&settings)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	if o.Offer {
		host.checks = newChecks()
	}
	settings.SetNet(host)
	settings.SetIncludeLoopbackCandidate(true)                    // which hostNet has only where there is nothing else
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // see addCandidate
	if o.Pool != nil {
		settings.SetICEUDPMux(o.Pool.sockets.on(o.Network))
	}
	settings.SetSCTPMaxMessageSize(MaxMessage)
	settings.SetSCTPRTOMax(maxRTO)
	settings.SetSCTPMaxReceiveBufferSize(receiveBuffer)
	settings.SetSCTPMinCwnd(minWindow)
	settings.SetSCTPCwndCAStep(windowStep)
	settings.DisableCloseByDTLS(true) // the Peer ends the connection, when its channels are read
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
	p := &peerConn{pc: pc, events: ev, report: o.Link, asked: asked, held: host.allocations, checks: host.checks, ctx: ctx, cancel: cancel, places: make(chan struct{}, maxFinding)}
	p.late = time.AfterFunc(attemptWithin, p.giveUp)
	p.late.Stop()
	pc.OnNegotiationNeeded(p.onNeeded)
	pc.OnICECandidate(p.onCandidate)
	pc.OnICEGatheringStateChange(p.onGathering)
	pc.OnConnectionStateChange(p.onState)
	pc.OnDataChannel(p.onDataChannel)
	pc.SCTP().Transport().OnStateChange(p.onHandshake)
	pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(p.onPair)
	if err = p.createBeacon(); err == nil {
		err = p.createLink()
	}
	if err != nil {
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
func (p *peerConn) setICEServers(servers []ICEServer) {
	p.asked.set(servers)
	_ = p.pc.SetConfiguration(webrtc.Configuration{ // pion leaves settings alone whose field is zero
		ICEServers:         iceServers(servers),
		ICETransportPolicy: p.pc.GetConfiguration().ICETransportPolicy,
	})
}

func (p *peerConn) createBeacon() error {
	dc, err := p.negotiated(beaconLabel, beaconID)
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

// createLink makes the channel of the link.
func (p *peerConn) createLink() error {
	dc, err := p.negotiated(linkLabel, linkID)
	if err != nil {
		return err
	}
	p.link = rawChannel{dc}
	if p.report == nil {
		return nil
	}
	dc.SetBufferedAmountLowThreshold(lowBuffered)
	dc.OnBufferedAmountLow(func() { p.report.LinkNews(LinkLow) })
	dc.OnOpen(func() { p.report.LinkNews(LinkOpen) })
	dc.OnMessage(func(m webrtc.DataChannelMessage) { p.report.LinkMessage(m.Data, m.IsString) })
	return nil
}

func (p *peerConn) negotiated(label string, id uint16) (*webrtc.DataChannel, error) {
	yes := true
	return p.pc.CreateDataChannel(label, &webrtc.DataChannelInit{Negotiated: &yes, ID: &id})
}

func (p *peerConn) sendLink(data []byte, text bool) error {
	if text {
		return p.link.dc.SendText(string(data))
	}
	return p.link.dc.Send(data)
}

// onNeeded leaves out what pion reports so late that a round is under way already:
// at the end of the round it looks again.
func (p *peerConn) onNeeded() {
	if p.pc.SignalingState() == webrtc.SignalingStateStable {
		p.events.needed()
	}
}

// onGathering has TURN servers asked anew at the start, and when ICE restarts.
func (p *peerConn) onGathering(state webrtc.ICEGatheringState) {
	if state == webrtc.ICEGatheringStateGathering {
		p.asked.relayed.Store(false)
		p.asked.direct.Store(false)
		p.held.setDirect(false)
		if p.checks != nil {
			p.checks.begin()
		}
	}
}

func (p *peerConn) onCandidate(c *webrtc.ICECandidate) {
	if c == nil { // end of candidates
		if cause := p.withoutCandidates(); !p.found && cause != CauseNoPath {
			p.events.failed(cause)
		}
		return
	}
	p.found = true
	p.look()
	init := c.ToJSON()
	message, err := json.Marshal(init)
	if err == nil {
		p.events.candidate(init.Candidate, message)
	}
}

// withoutCandidates returns why there is no path if this side has no candidate.
func (p *peerConn) withoutCandidates() ICECause {
	if p.pc.GetConfiguration().ICETransportPolicy == webrtc.ICETransportPolicyRelay {
		return p.asked.noRelayed()
	}
	return CauseNoPath
}

// onDataChannel is called before the first message of the channel.
func (p *peerConn) onDataChannel(dc *webrtc.DataChannel) {
	ch := wrap(dc, p.pc.SCTP(), p.events.over)
	if p.events.incoming(ch) {
		_ = p.beacon.SendText(strconv.Itoa(ch.raw.id()))
	}
}

func (p *peerConn) onState(state webrtc.PeerConnectionState) {
	switch {
	case state == webrtc.PeerConnectionStateConnecting && p.report == nil:
		p.late.Reset(attemptWithin)
	case state == webrtc.PeerConnectionStateFailed && p.pc.ICEConnectionState() == webrtc.ICEConnectionStateFailed:
		p.events.failed(CauseNoPath)
	case state == webrtc.PeerConnectionStateDisconnected:
		p.look()
		if p.report != nil {
			p.report.LinkNews(LinkDisconnected)
		}
	}
}

// attemptWithin bounds an attempt that no link ends, as W6 does. ICE itself gives up after 30 s.
const attemptWithin = 12 * time.Second

// giveUp ends an attempt.
func (p *peerConn) giveUp() {
	if p.pc.ICEConnectionState() == webrtc.ICEConnectionStateChecking {
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
// returns it as an RTCSessionDescriptionInit. With restart the offer restarts ICE.
func (p *peerConn) describeLocal(_ context.Context, answer, restart bool) ([]byte, error) {
	var d webrtc.SessionDescription
	var err error
	if answer {
		d, err = p.pc.CreateAnswer(nil)
	} else {
		d, err = p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	}
	if err != nil {
		return nil, err
	}
	if err := p.pc.SetLocalDescription(d); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// beginWithin bounds the wait of awaitICE.
const beginWithin = 2 * time.Second

// awaitICE waits until ICE has begun with what the last round has agreed on. pion does that on its
// own time, and takes an offer that comes before for one that restarts ICE. It has no event for it.
func (p *peerConn) awaitICE(ctx context.Context) {
	if p.pc.CurrentRemoteDescription() == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, beginWithin)
	defer cancel()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for ctx.Err() == nil {
		there, err := p.pc.SCTP().Transport().ICETransport().GetRemoteParameters()
		if err != nil || there.UsernameFragment != "" {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}

// describeRemote sets the description without its candidates, because pion refuses the whole
// description if it does not know one of them. The caller adds them one by one.
func (p *peerConn) describeRemote(ctx context.Context, description []byte) error {
	var d webrtc.SessionDescription
	if err := json.Unmarshal(description, &d); err != nil {
		return err
	}
	if d.Type == webrtc.SDPTypeOffer {
		p.awaitICE(ctx)
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
// Browsers hide their addresses behind mDNS names. pion would open sockets for mDNS with
// each connection, so they are looked up here.
func (p *peerConn) addCandidate(_ context.Context, line string, _ []byte) error {
	p.look()
	line, err := readCandidate(line)
	if err != nil {
		return err
	}
	fields := strings.Fields(line)
	if name := fields[4]; strings.HasSuffix(name, ".local") {
		select {
		case p.places <- struct{}{}:
		default:
			return errTooMany
		}
		p.finding.Go(func() {
			defer func() { <-p.places }()
			addr, err := names.find(p.ctx, name)
			if err != nil {
				debug("intercessor: a candidate's name is not found: " + err.Error())
				return
			}
			fields[4] = addr.WithZone("").String()
			_ = p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: strings.Join(fields, " ")})
		})
		return nil
	}
	return p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: line})
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

func (p *peerConn) sections() (s Sections) {
	for _, t := range p.pc.GetTransceivers() {
		if t.Kind() == webrtc.RTPCodecTypeAudio {
			s.Audio++
		} else {
			s.Video++
		}
	}
	return s
}

// addSection adds a transceiver that receives.
func (p *peerConn) addSection(kind string) error {
	_, err := p.pc.AddTransceiverFromKind(webrtc.NewRTPCodecType(kind), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	return err
}

func (p *peerConn) createChannel(label string) (*Channel, error) {
	dc, err := p.pc.CreateDataChannel(label, nil)
	switch {
	case errors.Is(err, webrtc.ErrConnectionClosed): // by the application; an event need not come
		p.events.down()
		return nil, ErrPathClosed
	case errors.Is(err, sctp.ErrAssociationClosed): // the event is still to come
		return nil, ErrPathClosed
	}
	if err != nil {
		return nil, err
	}
	return wrap(dc, p.pc.SCTP(), p.events.over), nil
}

func (p *peerConn) onPair(of *webrtc.ICECandidatePair) {
	pair := Pair{Local: of.Local.Typ.String(), Remote: of.Remote.Typ.String()}
	pair.Label = isLabel(pair.Local, of.Local.Address) || isLabel(pair.Remote, of.Remote.Address)
	if p.checks != nil {
		p.checks.pair(of)
	}
	p.asked.direct.Store(!pair.TURN())
	p.held.setDirect(!pair.TURN())
	p.events.pair(pair)
}

// look has ICE look for a better pair again.
func (p *peerConn) look() {
	if p.checks != nil {
		p.checks.look()
	}
}

// tidyWithin bounds the wait for pion's goroutines. An application may have handlers on the
// connection that do not return.
const tidyWithin = 2 * time.Second

// shut ends the connection before close does, and does not wait.
func (p *peerConn) shut() {
	p.cancel()
	_ = p.pc.Close()
}

// close ends the connection and waits for pion's goroutines.
func (p *peerConn) close() {
	p.cancel()
	p.late.Stop()
	if p.checks != nil {
		p.checks.stop()
	}
	p.held.setDirect(false)
	p.finding.Wait()
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
// or replace its handlers OnNegotiationNeeded, OnICECandidate, OnICEGatheringStateChange,
// OnConnectionStateChange and OnDataChannel, or OnStateChange of the DTLS transport. The error is ErrClosed, or pion's.
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
