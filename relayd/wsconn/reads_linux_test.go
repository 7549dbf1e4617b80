package wsconn

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneReadForAMessage: a message that comes alone costs one read.
func TestOneReadForAMessage(t *testing.T) {
	secured(t, func(t *testing.T, secure bool) {
		l := listen(t, secure)
		l.begin()
		const messages = 2000
		before := readCalls(t)
		for n := range messages {
			text := fmt.Sprint(n)
			l.send(textFrame(text))
			l.wants(text)
		}
		require.Less(t, readCalls(t)-before, messages+messages/10)
	})
}

// readCalls is how often this process has called read(2).
func readCalls(t *testing.T) (calls int) {
	t.Helper()
	io, err := os.ReadFile("/proc/self/io")
	require.NoError(t, err)
	var char int
	_, err = fmt.Sscanf(string(io), "rchar: %d\nwchar: %d\nsyscr: %d", &char, &char, &calls)
	require.NoError(t, err)
	return calls
}
