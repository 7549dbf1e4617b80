package protocol_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// script is one entry of v1-scripts.json. What runs it at a relay is elsewhere; here
// it is seen to that it can be run and asks for nothing that the codec contradicts.
type script struct {
	Name, Rule, Why string
	Streams         *bool
	Steps           []step
}

type step struct {
	Connect, Path    string
	Protocols        []string
	Bearer, Selected string

	Peer            string
	Says            string
	Hears           *heard
	HearsInAnyOrder []heard
	Within          int
	Hint            bool
	Closes          protocol.Code
	Cuts            bool
	Closed          []protocol.Code

	Order, Above string
	Different    []string
}

type heard struct {
	From, Type string
	Types      []string
	Message    json.RawMessage
	Link       string
	Absent     []string
}

var placeholder = regexp.MustCompile(`\$[a-z]+[0-9]*`)

func TestScriptsCanBeRun(t *testing.T) {
	names := map[string]bool{}
	for _, s := range load[script](t, vectors.V1Scripts) {
		require.False(t, names[s.Name], "two scripts are called %q", s.Name)
		names[s.Name] = true
		require.NotEmpty(t, s.Why, s.Name)
		t.Run(s.Name, func(t *testing.T) {
			r := reading{T: t, known: map[string]bool{}, speaks: map[string]string{}}
			for _, step := range s.Steps {
				r.step(step)
			}
		})
	}
}

// reading is what is known at one step of a script.
type reading struct {
	*testing.T
	known  map[string]bool          // names that have a value
	speaks map[string]string        // peer: its subprotocol, while it is connected
	wrong  map[string]protocol.Code // peer: what its last message was wrong with
}

func (r *reading) step(s step) {
	r.Helper()
	switch {
	case s.Connect != "":
		r.needs(append(s.Protocols, s.Path, s.Bearer)...)
		want := ""
		for _, name := range []string{protocol.SubprotocolBase, protocol.SubprotocolV1} {
			if slices.Contains(s.Protocols, name) {
				want = name
			}
		}
		require.Equal(r, want, s.Selected, "R1")
		r.speaks[s.Connect] = s.Selected
		return
	case s.Order != "":
		require.True(r, r.known[s.Order] && r.known[s.Above], "orders %s and %s", s.Order, s.Above)
		return
	case s.Different != nil:
		for _, name := range s.Different {
			require.True(r, r.known[name], name)
		}
		return
	}

	require.Contains(r, r.speaks, s.Peer, "a peer that is not connected")
	switch {
	case s.Says != "":
		r.needs(s.Says)
		r.says(s.Peer, s.Says)
	case s.Hears != nil:
		r.hears(s.Peer, *s.Hears)
	case s.HearsInAnyOrder != nil:
		for _, h := range s.HearsInAnyOrder {
			r.hears(s.Peer, h)
		}
	case s.Closes != 0, s.Cuts:
		delete(r.speaks, s.Peer)
	case s.Closed != nil:
		for _, code := range s.Closed {
			require.NotRegexp(r, `^\d+$`, code.String(), "a code that nobody knows")
			if 4510 <= code && code <= 4514 {
				require.Equal(r, code, r.wrong[s.Peer], "what the codec says of the last message")
			}
			delete(r.wrong, s.Peer)
		}
		delete(r.speaks, s.Peer)
	default:
		require.Fail(r, "a step that does nothing")
	}
}

// says parses what a peer sends as the relay does.
func (r *reading) says(peer, text string) {
	require.Empty(r, r.wrong, "what is wrong is closed")
	frame := []byte(placeholder.ReplaceAllString(text, "some-id"))
	parse := protocol.ParseEnvelope
	if r.speaks[peer] == protocol.SubprotocolV1 {
		parse = protocol.ParseEnvelopeV1
	}
	if _, err := parse(frame); err != nil {
		r.wrong = map[string]protocol.Code{peer: err.(*protocol.Error).Code}
	}
}

func (r *reading) hears(peer string, h heard) {
	require.NotEqual(r, h.Type == "", h.Types == nil, "type or types")
	if h.From != "0" {
		r.needs(h.From)
		var message string
		require.NoError(r, json.Unmarshal(h.Message, &message))
		var link []byte
		if h.Link != "" {
			link = []byte(h.Link)
			require.Equal(r, protocol.SubprotocolV1, r.speaks[peer], "no link for base peers (D6)")
		}
		_, err := protocol.ParseDeliveryV1(protocol.AppendDeliveryV1(nil, "a", []byte(h.Type), []byte(message), link))
		require.NoError(r, err)
		return
	}
	var pattern map[string]any
	require.NoError(r, json.Unmarshal(h.Message, &pattern))
	for _, name := range h.Absent {
		require.NotContains(r, pattern, name)
	}
	for _, value := range slices.Collect(maps.Values(pattern)) {
		if text, ok := value.(string); ok && strings.HasPrefix(text, "$") && text != "$_" {
			require.Equal(r, text, placeholder.FindString(text))
			r.known[text[1:]] = true
		}
	}
}

// needs fails if a text has a name in it that has no value yet.
func (r *reading) needs(texts ...string) {
	r.Helper()
	for _, text := range texts {
		for _, name := range placeholder.FindAllString(text, -1) {
			require.True(r, r.known[name[1:]], "%s has no value yet", name)
		}
	}
}
