package e2e_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
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
	relay := startRelayWith(t, buildBinary(t, "./relayd"), []string{"GOGC=10"}, "--limits-peer-messages", "100000000")
	others := relay.bystanders()
	frames := strings.Repeat(frame(false, opContinuation, ""), 1000)
	closed := 0
	pour := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			p := relay.raw("/server")
			p.write(frame(false, opText, ""))
			begun := time.Now()
			require.NoError(t, p.conn.SetReadDeadline(begun.Add(flood+patience)))
			ended := make(chan bool, 1)
			go func() {
				_, err := p.read.Peek(1) // the close frame, and nothing before it
				ended <- err == nil
			}()
			over := false
			for !over && time.Now().Before(end) {
				select {
				case came := <-ended:
					require.True(t, came)
					p.wantsClose(protocol.CodeMessageTimeout)
					require.Greater(t, time.Since(begun), protocol.MessageWithin*time.Second-time.Second)
					closed, over = closed+1, true
				default:
					require.NoError(t, p.conn.SetWriteDeadline(time.Now().Add(patience)))
					_, _ = io.WriteString(p.conn, frames)
				}
			}
			_ = p.conn.Close()
			if !over {
				<-ended
			}
			others.talk()
		}
	}
	pour(2 * time.Second) // until its heap has the size that it keeps
	before := relay.resident()
	pour(flood)
	grown := relay.resident() - before
	t.Logf("%v of fragments, closed %d times, %d KiB more resident", flood, closed, grown)
	require.Less(t, grown, 1<<10, "KiB")
	require.GreaterOrEqual(t, closed, int(flood.Seconds())/12)
}

// resident is relayd's resident memory in KiB.
func (r *relayProcess) resident() (kib int) {
	r.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	require.NoError(r.t, err)
	_, line, ok := strings.Cut(string(status), "VmRSS:")
	require.True(r.t, ok)
	_, err = fmt.Sscan(line, &kib)
	require.NoError(r.t, err)
	return kib
}
