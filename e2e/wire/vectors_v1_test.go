package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// TestV1VectorsAgainstTheRelay sends what v1-envelopes.json holds: requests as a
// server, for their answers, and everything else as a client.
func TestV1VectorsAgainstTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	others := rawpeer.Meet(t, relay.Addr)

	all := rawpeer.Vectors(t, vectors.V1Envelopes)
	require.Greater(t, len(all), 100)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			server := rawpeer.Join(t, relay.Addr, "/server", rawpeer.V1)
			client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID, rawpeer.V1)
			text := v.Text()
			if len(text) < protocol.MaxMessage-1000 {
				text = strings.NewReplacer("server-1", server.ID, "client-1", client.ID).Replace(text)
			}
			if v.Expect.Request != nil {
				server.Text("%s", text)
				want := fmt.Sprintf(`{"request":%d}`, *v.Expect.Request)
				switch e := v.Expect; {
				case e.Error != "":
					want = fmt.Sprintf(`{"request":%d,"error":%q}`, *e.Request, e.Error)
				case e.Mark != "":
					want = fmt.Sprintf(`{"request":%d,"mark":%q}`, *e.Request, e.Mark)
				case e.By != "": // loopback is no source, and no peer has a subject here
					want = fmt.Sprintf(`{"request":%d,"error":"unmarked"}`, *e.Request)
				}
				require.JSONEq(t, want, string(server.Await("0", protocol.TypeRelayAnswer).Message))
				return
			}

			client.Write(rawpeer.Frame(true, rawpeer.OpText, text))
			sent, err := protocol.ParseEnvelopeV1([]byte(text))
			switch {
			case v.Expect.Code != 0:
				client.ExpectClose(v.Expect.Code)
			case len(sent.From) > 0 && string(sent.From) != client.ID:
				client.ExpectClose(protocol.CodeWrongSender)
			default:
				require.NoError(t, err)
				if string(sent.To) == server.ID {
					d := server.Await(client.ID, string(sent.Type))
					require.Equal(t, string(sent.Message), string(d.Message))
					require.Equal(t, string(sent.Link), string(d.Link), "copied unchanged (D4)")
				}
				client.Text(`{"to":%q,"type":"next","message":0}`, server.ID)
				server.Await(client.ID, "next")
			}
			others.Talk()
		})
	}
}
