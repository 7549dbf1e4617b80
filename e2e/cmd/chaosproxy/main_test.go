package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
)

func TestToolObeysItsStandardInput(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer target.Close()
	commands, stdin := io.Pipe()
	stdout, output := io.Pipe()
	exit := make(chan int, 1)
	go func() {
		exit <- run([]string{"-target", target.Addr().String(), "-for", "30s"}, commands, output, io.Discard)
	}()
	lines := bufio.NewScanner(stdout)
	says := func() string {
		require.True(t, lines.Scan())
		return lines.Text()
	}
	tell := func(line string) string {
		_, err := io.WriteString(stdin, line+"\n")
		require.NoError(t, err)
		return says()
	}
	address, ok := strings.CutPrefix(says(), "listening ")
	require.True(t, ok)

	require.Equal(t, "ok 0 0", tell("count"))
	require.Equal(t, "ok", tell("faults up.cut=3:fin down.delay=1ms"))
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "abcdef")
	require.NoError(t, err)
	behind, err := target.Accept()
	require.NoError(t, err)
	defer behind.Close()
	require.NoError(t, behind.SetDeadline(time.Now().Add(patience.Max)))
	got, err := io.ReadAll(behind)
	require.NoError(t, err)
	require.Equal(t, "abc", string(got))
	require.Equal(t, "ok 0 1", tell("count"))
	require.Equal(t, `error "dance" is not a command; help lists them`, tell("dance"))

	require.NoError(t, stdin.Close())
	require.Zero(t, <-exit)
}

func TestFaultsAreReadFromWords(t *testing.T) {
	f, err := parseFaults(strings.Fields("up.cut=120:rst up.jitter=5ms down.stall=7:2s down.delay=20ms down.rate=1000"))
	require.NoError(t, err)
	require.Equal(t, chaos.Faults{
		Up:   chaos.Way{Cut: chaos.Cut{At: 120, By: chaos.RST}, Jitter: 5 * time.Millisecond},
		Down: chaos.Way{Stall: chaos.Stall{At: 7, For: 2 * time.Second}, Delay: 20 * time.Millisecond, Rate: 1000},
	}, f)
	for _, wrong := range []string{"cut=1:fin", "up.cut=x:fin", "up.cut=1", "down.delay=soon", "up.loss=1", "up"} {
		_, err := parseFaults([]string{wrong})
		require.Error(t, err, wrong)
	}
}

func TestToolTakesFlagsOnly(t *testing.T) {
	var said strings.Builder
	require.Equal(t, 2, run([]string{"help"}, strings.NewReader(""), io.Discard, &said))
	require.Contains(t, said.String(), `not "help"`)
}
