package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// TestVectorsAgainstTheRelay sends each golden envelope to the running relay:
// what is to be refused is closed with the code that the vector names, what is
// to be accepted arrives byte for byte, and a pair in another room talks on.
func TestVectorsAgainstTheRelay(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	others := rawpeer.Meet(t, relay.Addr)

	all := rawpeer.Vectors(t, vectors.Envelopes)
	require.Greater(t, len(all), 100)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			server := rawpeer.Join(t, relay.Addr, "/server")
			client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
			server.ExpectJoined(client)

			text := v.Text()
			if len(text) < protocol.MaxMessage-1000 { // the frames at the limit keep their size
				text = strings.NewReplacer("server-1", server.ID, "client-1", client.ID).Replace(text)
			}
			client.Write(rawpeer.Frame(true, rawpeer.OpText, text))

			sent, err := protocol.ParseEnvelope([]byte(text))
			switch {
			case v.Expect.Code != 0:
				client.ExpectClose(v.Expect.Code)
				server.ExpectGone(client)
			case len(sent.From) > 0 && string(sent.From) != client.ID:
				client.ExpectClose(protocol.CodeWrongSender) // a name that only the vector's own world has
				server.ExpectGone(client)
			default:
				require.NoError(t, err)
				if string(sent.To) == server.ID {
					server.Expect(client.ID, string(sent.Type), string(sent.Message))
				} // else: a peer that is not there; nothing comes of it
				client.Text(`{"to":%q,"type":"next","message":0}`, server.ID)
				server.Expect(client.ID, "next", "0")
			}
			others.Talk()
		})
	}
}
