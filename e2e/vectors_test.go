package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/stretchr/testify/require"
)

// envelopeVector is one entry of envelopes.json (protocol/vectors/README.md).
type envelopeVector struct {
	Name, Why string
	Frame     string
	Base64    []byte
	Repeat    repeatedText
	Expect    struct {
		Code    protocol.Code // 0: it is accepted
		To      string
		From    string
		Link    string
		Request *uint64
		Error   string
		By      string
		Mark    string
	}
}

type repeatedText struct {
	Prefix, Unit, Suffix string
	Count                int
}

func (v envelopeVector) text() string {
	return v.Frame + string(v.Base64) + v.Repeat.Prefix + strings.Repeat(v.Repeat.Unit, v.Repeat.Count) + v.Repeat.Suffix
}

// TestVectorsAgainstTheRelay sends each golden envelope to the running relay:
// what is to be refused is closed with the code that the vector names, what is
// to be accepted arrives byte for byte, and a pair in another room talks on.
func TestVectorsAgainstTheRelay(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	others := relay.bystanders()

	var all []envelopeVector
	require.NoError(t, json.Unmarshal([]byte(vectors.Envelopes), &all))
	require.Greater(t, len(all), 100)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			server := relay.raw("/server")
			client := relay.raw("/client/" + server.id)
			server.t, client.t = t, t
			server.wantsJoined(client)

			text := v.text()
			if len(text) < protocol.MaxMessage-1000 { // the frames at the limit keep their size
				text = strings.NewReplacer("server-1", server.id, "client-1", client.id).Replace(text)
			}
			client.write(frame(true, opText, text))

			sent, err := protocol.ParseEnvelope([]byte(text))
			switch {
			case v.Expect.Code != 0:
				client.wantsClose(v.Expect.Code)
				server.wantsGone(client)
			case len(sent.From) > 0 && string(sent.From) != client.id:
				client.wantsClose(protocol.CodeWrongSender) // a name that only the vector's own world has
				server.wantsGone(client)
			default:
				require.NoError(t, err)
				if string(sent.To) == server.id {
					server.wants(client.id, string(sent.Type), string(sent.Message))
				} // else: a peer that is not there; nothing comes of it
				client.text(`{"to":%q,"type":"next","message":0}`, server.id)
				server.wants(client.id, "next", "0")
			}
			others.talk()
		})
	}
}
