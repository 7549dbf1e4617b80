package wire_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// TestFloodOfFragmentsKeepsMemoryFlat: for 30 seconds with INTERCESSOR_PROVE=full, for 3
// without, a peer sends empty fragments as fast as relayd takes them, comes back when it
// is closed for that (B22), and relayd's resident memory stays as it was.
func TestFloodOfFragmentsKeepsMemoryFlat(t *testing.T) {
	t.Parallel()
	flood := 3 * time.Second
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		flood = 30 * time.Second
	}
	// Not held back to a rate, which would make it a trickle; and with little garbage beside what is held.
	relay := relayproc.StartWith(t, relayproc.Limits{}, []string{"GOGC=10"}, relayproc.Build(t, "relayd"), "--limits-peer-messages", "100000000")
	others := rawpeer.Meet(t, relay.Addr)
	frames := strings.Repeat(rawpeer.Frame(false, rawpeer.OpContinuation, ""), 1000)
	closed := 0
	pour := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			p := rawpeer.Join(t, relay.Addr, "/server")
			begun := time.Now()
			p.Write(rawpeer.Frame(false, rawpeer.OpText, ""))
			require.NoError(t, p.Conn.SetReadDeadline(begun.Add(flood+patience.Max)))
			ended := make(chan bool, 1)
			go func() {
				_, err := p.Reader.Peek(1) // the close frame, and nothing before it
				ended <- err == nil
			}()
			over := false
			for !over && time.Now().Before(end) {
				select {
				case came := <-ended:
					require.True(t, came)
					p.ExpectClose(protocol.CodeMessageTimeout)
					require.Greater(t, time.Since(begun), protocol.MessageWithin*time.Second-time.Second)
					closed, over = closed+1, true
				default:
					require.NoError(t, p.Conn.SetWriteDeadline(time.Now().Add(patience.Max)))
					_, _ = io.WriteString(p.Conn, frames)
				}
			}
			_ = p.Conn.Close()
			if !over {
				<-ended
			}
			others.Talk()
		}
	}
	pour(2 * time.Second) // until its heap has the size that it keeps
	before := relay.Resident()
	pour(flood)
	grown := relay.Resident() - before
	t.Logf("%v of fragments, closed %d times, %d KiB more resident", flood, closed, grown)
	require.Less(t, grown, 1<<10, "KiB")
	require.GreaterOrEqual(t, closed, int(flood.Seconds())/12)
}
