package wire_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// TestScripts plays v1-scripts.json, which vectors/README.md explains, with raw
// peers at a running relay.
func TestScripts(t *testing.T) {
	t.Parallel()
	var scripts []struct {
		Name    string
		Why     string
		Streams *bool
		Steps   []scriptStep
	}
	require.NoError(t, json.Unmarshal([]byte(vectors.V1Scripts), &scripts))
	require.NotEmpty(t, scripts)
	usual, withoutStreams := relayproc.Start(t), relayproc.Start(t, "--limits-streams=false")
	for _, script := range scripts {
		t.Run(script.Name, func(t *testing.T) {
			t.Parallel()
			relay := usual
			if script.Streams != nil && !*script.Streams {
				relay = withoutStreams
			}
			p := &play{T: t, relay: relay, peers: map[string]*rawpeer.Peer{}, values: map[string]any{}, early: map[*rawpeer.Peer]scriptDelivery{}}
			for i, step := range script.Steps {
				p.where = fmt.Sprintf("%s, step %d", script.Why, i+1)
				p.step(step)
			}
		})
	}
}

type scriptStep struct {
	Connect, Path    string
	Protocols        []string
	Bearer, Selected string

	Peer            string
	Says            string
	Hears           *scriptHeard
	HearsInAnyOrder []scriptHeard
	Within          int
	Hint            bool
	Closes          protocol.Code
	Cuts            bool
	Closed          []protocol.Code

	Order, Above string
	Different    []string
}

type scriptHeard struct {
	From, Type string
	Types      []string
	Message    json.RawMessage
	Link       string
	Absent     []string
}

// A play is a script while it runs.
type play struct {
	*testing.T
	where  string
	relay  *relayproc.Relay
	peers  map[string]*rawpeer.Peer
	values map[string]any                   // by the names that stand for them, with the dollar
	early  map[*rawpeer.Peer]scriptDelivery // came where a hint might have come
}

func (p *play) step(s scriptStep) {
	peer := p.peers[s.Peer]
	switch {
	case s.Connect != "":
		p.connect(s)
	case s.Order != "":
		require.Positive(p, slices.CompareFunc(p.order(s.Order), p.order(s.Above), func(a, b float64) int { return int(max(-1, min(1, a-b))) }), p.where)
	case s.Different != nil:
		for i, a := range s.Different {
			for _, b := range s.Different[:i] {
				require.NotEqual(p, p.values["$"+a], p.values["$"+b], p.where)
			}
		}
	case s.Says != "":
		peer.Text("%s", p.fill(s.Says))
	case s.Hears != nil:
		p.hear(peer, []scriptHeard{*s.Hears}, s)
	case s.HearsInAnyOrder != nil:
		p.hear(peer, s.HearsInAnyOrder, s)
	case s.Closes != 0:
		peer.Write(rawpeer.Frame(true, rawpeer.OpClose, string(binary.BigEndian.AppendUint16(nil, uint16(s.Closes)))))
		p.wantsClosed(peer, []protocol.Code{s.Closes})
	case s.Cuts:
		require.NoError(p, peer.Conn.Close())
	case s.Closed != nil:
		p.wantsClosed(peer, s.Closed)
	default:
		require.Fail(p, "a step that does nothing", p.where)
	}
}

func (p *play) connect(s scriptStep) {
	var headers []string
	if s.Protocols != nil {
		headers = append(headers, "Sec-WebSocket-Protocol: "+p.fill(strings.Join(s.Protocols, ", ")))
	}
	if s.Bearer != "" {
		headers = append(headers, "Authorization: Bearer "+p.fill(s.Bearer))
	}
	peer := rawpeer.TCP(p.T, p.relay.Addr)
	p.peers[s.Connect] = peer
	peer.Write(rawpeer.Handshake(p.fill(s.Path), headers...))
	answer := peer.Answer()
	require.Equal(p, 101, answer.StatusCode, p.where)
	require.Equal(p, s.Selected, answer.Header.Get("Sec-WebSocket-Protocol"), p.where)
}

// hear takes messages that match, in any order.
func (p *play) hear(peer *rawpeer.Peer, wanted []scriptHeard, s scriptStep) {
	if s.Within > 0 {
		require.NoError(p, peer.Conn.SetDeadline(time.Now().Add(time.Duration(s.Within)*time.Second)))
	}
	for len(wanted) > 0 {
		got := p.next(peer, wanted)
		if s.Hint && !p.matches(wanted[0], got) {
			p.early[peer] = got
			return
		}
		i := slices.IndexFunc(wanted, func(w scriptHeard) bool { return p.matches(w, got) })
		require.GreaterOrEqual(p, i, 0, "%s: came %s %s %s link %s", p.where, got.From, got.Type, got.Message, got.Link)
		p.bind(wanted[i], got)
		wanted = slices.Delete(slices.Clone(wanted), i, i+1)
	}
}

type scriptDelivery struct {
	From, Type    string
	Message, Link json.RawMessage
}

var normative = []string{protocol.TypeRelayPresent, protocol.TypeRelayUndelivered, protocol.TypeRelayRestarting, protocol.TypeRelayAnswer}

// next passes over what the relay may say at any time, unless it is wanted.
func (p *play) next(peer *rawpeer.Peer, wanted []scriptHeard) (d scriptDelivery) {
	if d, ok := p.early[peer]; ok {
		delete(p.early, peer)
		return d
	}
	for {
		opcode, payload := peer.Next()
		if opcode == rawpeer.OpPing {
			peer.Write(rawpeer.Frame(true, rawpeer.OpPong, string(payload)))
			continue
		}
		require.EqualValues(p, rawpeer.OpText, opcode, "%s: closed with %q", p.where, payload)
		d = scriptDelivery{}
		require.NoError(p, json.Unmarshal(payload, &d))
		asked := slices.ContainsFunc(wanted, func(w scriptHeard) bool { return w.Type == d.Type })
		if asked || d.From != "0" || !strings.HasPrefix(d.Type, "RELAY_") || slices.Contains(normative, d.Type) {
			return d
		}
	}
}

func (p *play) matches(w scriptHeard, got scriptDelivery) bool {
	if got.From != p.fill(w.From) || got.Type != w.Type && !slices.Contains(w.Types, got.Type) {
		return false
	}
	if w.From != "0" {
		var text string
		require.NoError(p, json.Unmarshal(w.Message, &text), p.where)
		return text == string(got.Message) && w.Link == string(got.Link)
	}
	var pattern, value any
	if w.Message == nil {
		return true
	}
	require.NoError(p, json.Unmarshal(w.Message, &pattern), p.where)
	require.NoError(p, json.Unmarshal(got.Message, &value), p.where)
	fields, _ := value.(map[string]any)
	for _, name := range w.Absent {
		if _, there := fields[name]; there {
			return false
		}
	}
	return p.like(pattern, value, nil)
}

// bind gives values to the names that a message meets first.
func (p *play) bind(w scriptHeard, got scriptDelivery) {
	if w.From != "0" || w.Message == nil {
		return
	}
	var pattern, value any
	require.NoError(p, json.Unmarshal(w.Message, &pattern))
	require.NoError(p, json.Unmarshal(got.Message, &value))
	p.like(pattern, value, p.values)
}

// like compares a value with a pattern, and sets in values the names that had none.
func (p *play) like(pattern, value any, values map[string]any) bool {
	switch pattern := pattern.(type) {
	case map[string]any:
		fields, ok := value.(map[string]any)
		if !ok {
			return false
		}
		for name, want := range pattern {
			got, there := fields[name]
			if !there || !p.like(want, got, values) {
				return false
			}
		}
		return true
	case string:
		if pattern == "$_" {
			return true
		}
		if name.FindString(pattern) == pattern && pattern != "" {
			known, is := p.values[pattern]
			if !is && values != nil {
				values[pattern] = value
			}
			return !is || reflect.DeepEqual(known, value)
		}
	}
	return reflect.DeepEqual(pattern, value)
}

var name = regexp.MustCompile(`\$[a-z]+[0-9]*`)

// fill puts values in the place of their names.
func (p *play) fill(text string) string {
	return name.ReplaceAllStringFunc(text, func(name string) string {
		value, known := p.values[name].(string)
		require.True(p, known, "%s: %s has no value yet", p.where, name)
		return value
	})
}

func (p *play) order(name string) (order []float64) {
	numbers, _ := p.values["$"+name].([]any)
	for _, n := range numbers {
		order = append(order, n.(float64))
	}
	require.Len(p, order, 3, p.where)
	return order
}

// wantsClosed reads up to the close frame, which must have one of the codes.
func (p *play) wantsClosed(peer *rawpeer.Peer, codes []protocol.Code) {
	for {
		opcode, payload := peer.Next()
		if opcode != rawpeer.OpClose {
			require.False(p, opcode == rawpeer.OpText && !bytes.Contains(payload, []byte(`"type":"RELAY_`)), "%s: %s came", p.where, payload)
			continue
		}
		require.GreaterOrEqual(p, len(payload), 2, p.where)
		require.Contains(p, codes, protocol.Code(binary.BigEndian.Uint16(payload)), "%s: %s", p.where, payload[2:])
		return
	}
}
