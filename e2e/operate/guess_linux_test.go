package operate_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// A guesser asks for rooms from one address, and does not wait for an answer that is late.
type guesser struct {
	relay *relayproc.Relay
	from  net.IP
}

// What becomes of a guess.
const (
	guessSilent = iota // nothing came so far
	guessHit
	guessMiss
	guessUnlooked // the relay says to come again
)

// asks gives what a guess came to within some time.
func (g guesser) asks(room string, within time.Duration) (outcome int, err error) {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: g.from}, Timeout: patience.Max}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(g.relay.HTTP, "http://"))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, rawpeer.Handshake("/client/"+room)); err != nil {
		return 0, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(within))
	var all []byte
	buffer := make([]byte, 1024)
	for {
		n, err := conn.Read(buffer)
		all = append(all, buffer[:n]...)
		_, frame, _ := strings.Cut(string(all), "\r\n\r\n")
		switch {
		case len(frame) >= 4 && frame[0] == 0x81:
			return guessHit, nil
		case len(frame) >= 4 && frame[0] == 0x88:
			switch code := protocol.Code(frame[2])<<8 | protocol.Code(frame[3]); code {
			case protocol.CodeNoSuchServer:
				return guessMiss, nil
			case protocol.CodeOverloaded:
				return guessUnlooked, nil
			default:
				return 0, fmt.Errorf("closed with %d", code)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			return guessSilent, nil
		case err != nil:
			return 0, err
		}
	}
}

// TestGuesses: 10,000 guesses from 50 addresses with INTERCESSOR_PROVE=full, 2,000 without,
// each of which hangs up when no answer comes at once. No more of them are looked at
// than their addresses may guess, not even the right one, and who has not guessed comes in
// as fast as ever (threat 2).
func TestGuesses(t *testing.T) {
	t.Parallel()
	const addresses, hands = 50, 4
	n := int64(2_000)
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		n = 10_000
	}
	// With a trusted proxy, which does not exist, loopback counts as a source.
	relay := relayproc.StartBinary(t, relayproc.Build(t, "relayd"), "--ids-server", "words", "--proxy-trusted", "192.0.2.1")
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	room := string(ln.ID())

	begin := time.Now()
	var guessed atomic.Int64
	var outcomes [4]atomic.Int64
	var flood sync.WaitGroup
	problems := make(chan error, addresses*hands)
	for i := range addresses * hands {
		flood.Go(func() {
			g := guesser{relay, net.IPv4(127, 0, 1, byte(1+i%addresses))}
			for k := guessed.Add(1); k <= n; k = guessed.Add(1) {
				outcome, err := g.asks(fmt.Sprintf("no-such-room-as-%d", k), 100*time.Millisecond)
				if err != nil {
					problems <- err
					return
				}
				outcomes[outcome].Add(1)
			}
		})
	}

	// While they guess, other clients join, each for the first time.
	var took []time.Duration
	for i := 0; guessed.Load() < n && i < 200; i++ {
		start := time.Now()
		outcome, err := guesser{relay, net.IPv4(127, 0, 2, byte(1+i))}.asks(room, patience.Max)
		require.NoError(t, err)
		require.Equal(t, guessHit, outcome)
		took = append(took, time.Since(start))
	}
	flood.Wait()
	elapsed := time.Since(begin)
	close(problems)
	for err := range problems {
		require.NoError(t, err)
	}
	require.NotEmpty(t, took)
	slices.Sort(took)

	t.Logf("%d guesses in %v: %d had an answer within 100 ms, and %d were told to come again; %d joins in the midst took %v (median), %v at worst",
		n, elapsed.Round(time.Millisecond), outcomes[guessMiss].Load(), outcomes[guessUnlooked].Load(), len(took), took[len(took)/2], took[len(took)-1])
	require.Zero(t, outcomes[guessHit].Load())
	require.NotZero(t, outcomes[guessUnlooked].Load())
	require.Less(t, took[len(took)/2], 5*time.Second, "a join in the midst waits for no turn, which would take six seconds")

	// The right one, from where so many wrong ones came, is not told from them, and enters in
	// its turn.
	outcome, err := guesser{relay, net.IPv4(127, 0, 1, 1)}.asks(room, 50*time.Millisecond)
	require.NoError(t, err)
	require.NotEqual(t, guessHit, outcome)
	require.Eventually(t, func() bool { // it asks once a second, as it is told to
		outcome, err := guesser{relay, net.IPv4(127, 0, 1, 1)}.asks(room, patience.Max)
		return err == nil && outcome == guessHit
	}, patience.Max, time.Second, "it never has its turn")

	// What the relay has looked at, whether the guesser still waited or not, it says itself: ten
	// of each at once, one in six seconds, and one for each hand that began while another was
	// being found wrong.
	elapsed = time.Since(begin)
	looked := int64(strings.Count(relay.Logs(), `"code":4500`))
	t.Logf("%d were looked at within %v", looked, elapsed.Round(time.Millisecond))
	require.NotZero(t, looked)
	require.LessOrEqual(t, looked, addresses*(10+int64(elapsed/(6*time.Second))+1+hands), "more were looked at than the addresses may guess")
}
