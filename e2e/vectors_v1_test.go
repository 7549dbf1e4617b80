package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/stretchr/testify/require"
)

// TestV1VectorsAgainstTheRelay sends what v1-envelopes.json holds: requests as a
// server, for their answers, and everything else as a client.
func TestV1VectorsAgainstTheRelay(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	others := relay.bystanders()

	var all []envelopeVector
	require.NoError(t, json.Unmarshal([]byte(vectors.V1Envelopes), &all))
	require.Greater(t, len(all), 100)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			server := relay.raw("/server", asksForV1)
			client := relay.raw("/client/"+server.id, asksForV1)
			server.t, client.t = t, t
			text := v.text()
			if len(text) < protocol.MaxMessage-1000 {
				text = strings.NewReplacer("server-1", server.id, "client-1", client.id).Replace(text)
			}
			if v.Expect.Request != nil {
				server.text("%s", text)
				want := fmt.Sprintf(`{"request":%d}`, *v.Expect.Request)
				switch e := v.Expect; {
				case e.Error != "":
					want = fmt.Sprintf(`{"request":%d,"error":%q}`, *e.Request, e.Error)
				case e.Mark != "":
					want = fmt.Sprintf(`{"request":%d,"mark":%q}`, *e.Request, e.Mark)
				case e.By != "": // loopback is no source, and no peer has a subject here
					want = fmt.Sprintf(`{"request":%d,"error":"unmarked"}`, *e.Request)
				}
				require.JSONEq(t, want, string(server.awaits("0", protocol.TypeRelayAnswer).Message))
				return
			}

			client.write(frame(true, opText, text))
			sent, err := protocol.ParseEnvelopeV1([]byte(text))
			switch {
			case v.Expect.Code != 0:
				client.wantsClose(v.Expect.Code)
			case len(sent.From) > 0 && string(sent.From) != client.id:
				client.wantsClose(protocol.CodeWrongSender)
			default:
				require.NoError(t, err)
				if string(sent.To) == server.id {
					d := server.awaits(client.id, string(sent.Type))
					require.Equal(t, string(sent.Message), string(d.Message))
					require.Equal(t, string(sent.Link), string(d.Link), "copied unchanged (D4)")
				}
				client.text(`{"to":%q,"type":"next","message":0}`, server.id)
				server.awaits(client.id, "next")
			}
			others.talk()
		})
	}
}

// awaits passes over what the relay says, presence above all, and wants the next
// message to be this one.
func (p *rawPeer) awaits(from, typ string) delivery {
	p.t.Helper()
	for {
		d := p.delivery()
		if d.From == "0" && d.Type != typ {
			continue
		}
		require.Equal(p.t, from+" "+typ, d.From+" "+d.Type)
		return d
	}
}
