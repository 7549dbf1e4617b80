package nat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// A failure is of two peers whose channels cannot open.
type failure struct {
	name           string
	server, client kind
	listen, dial   task   // without URL, which is the relay's
	at             string // the relay of both, relay.test if it is ""
	says           string // the error
}

// failures have a reason each. "strays.test" is a relay that sends its peers to the TURN server of
// relay.test.
var failures = []failure{
	{
		name:   "RelayOnly with a TURN server of the application's, which does not answer",
		server: kindOf("no NAT"), client: kindOf("no NAT"),
		dial: task{RelayOnly: true, OnlyOwn: true, ICEServers: own("turn:nowhere.test:3478?transport=udp")},
		says: "the TURN server cannot be reached",
	},
	{
		name:   "RelayOnly with only a TURN server of the application's, and RelayOnly with the relay's",
		server: kindOf("no NAT"), client: kindOf("no NAT"),
		listen: task{RelayOnly: true},
		dial:   task{RelayOnly: true, OnlyOwn: true, ICEServers: own("turn:coturn.test:3478?transport=udp")},
		says:   "the TURN servers of the two do not reach each other",
	},
	{
		name:   "a peer of the base protocol behind symmetric NAT",
		server: kindOf("symmetric"), client: kindOf("symmetric"),
		dial: task{Base: true},
		says: "no address of one peer reaches one of the other; between some networks only a TURN server helps",
	},
	{
		name:   "peers of one node whose TURN traffic arrives at another",
		server: kindOf("UDP blocked"), client: kindOf("UDP blocked"),
		at:   "strays.test",
		says: "the TURN server refuses",
	},
}

// own are an application's ICE servers.
func own(url string) []sdk.ICEServer {
	return []sdk.ICEServer{{URLs: []string{url}, Username: "application", Credential: "secret"}}
}

// tooLate is when a channel that cannot open must have failed, counted from Dial. One that waits for
// an answer fails after half a minute.
const tooLate = 25 * time.Second

// TestWhatCannotConnectSaysWhy: messages come through, and the channel fails in time, with an error
// that names the reason.
func TestWhatCannotConnectSaysWhy(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.startCoturn()
	l.startRelay(l.machine("198.18.0.11", ""), "--turn-host", "relay.test")
	for _, f := range failures {
		server, client := l.join(f.server), l.join(f.client)
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.listen.URL, f.dial.Want = relayURL, none
			if f.at != "" {
				f.listen.URL = "wss://" + f.at + "/server"
			}
			f.dial.URL = l.listen(t, server, f.listen)
			r := l.dial(t, client, f.dial)
			require.Contains(t, r.Problem, f.says)
			require.Less(t, r.Channel, tooLate)
			note(f.name, fmt.Sprintf("%.1f: `%s`", (r.Channel-r.Message).Seconds(), r.Problem))
		})
	}
}
