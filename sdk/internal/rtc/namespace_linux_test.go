package rtc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/netns"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Environment variables of a copy of the test program: its role, and the peer's settings.
const (
	copyVariable    = "INTERCESSOR_RTC_TEST"
	optionsVariable = "INTERCESSOR_RTC_OPTIONS"
)

func init() {
	if os.Getenv(copyVariable) == "peer" {
		runPeer()
		os.Exit(0)
	}
}

func copyOf(ctx context.Context, which string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), copyVariable+"="+which)
	return cmd
}

// A host is a network namespace with a peer in it.
type host struct {
	t     *testing.T
	pid   int
	input io.WriteCloser
	said  chan saying
}

// saying is a line between a peer and the test: a message of the negotiation, or a report of
// the peer.
type saying struct {
	Type    string
	Message json.RawMessage
}

// settings are the options of a peer.
type settings struct {
	Offer, RelayOnly bool
	ICEServers       []rtc.ICEServer
}

func newHost(t *testing.T, options settings) *host {
	t.Helper()
	cmd := copyOf(context.Background(), "peer")
	text, err := json.Marshal(options)
	require.NoError(t, err)
	cmd.Env = append(cmd.Env, optionsVariable+"="+string(text))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	h := &host{t: t, said: make(chan saying, 1000)}
	h.input, err = cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	h.pid = cmd.Process.Pid
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(h.said)
		for lines := json.NewDecoder(output); ; {
			var s saying
			if lines.Decode(&s) != nil {
				return
			}
			h.said <- s
		}
	})
	t.Cleanup(func() {
		_ = h.input.Close() // ends the peer
		for range h.said {
		}
		reading.Wait()
		require.NoError(t, cmd.Wait())
	})
	h.run("ip link set lo up")
	return h
}

// run runs a command in the host's namespace.
func (h *host) run(command string) {
	h.t.Helper()
	netns.Run(h.t, fmt.Sprintf("exec nsenter --net=/proc/%d/ns/net sh -ec '%s'", h.pid, command))
}

func (h *host) say(s saying) {
	line, err := json.Marshal(s)
	require.NoError(h.t, err)
	_, _ = h.input.Write(append(line, '\n')) // the reader notices a peer that has ended
}

// connect joins two hosts by a cable, with 10.0.0.1 and 10.0.0.2 at its ends.
func connect(t *testing.T, a, b *host, name string) {
	t.Helper()
	netns.Run(t, fmt.Sprintf("ip link add cable0 type veth peer name cable1; ip link set cable0 name %s netns %d; ip link set cable1 name %s netns %d", name, a.pid, name, b.pid))
	for i, h := range []*host{a, b} {
		h.run(fmt.Sprintf("ip addr add 10.0.0.%d/24 dev %s; ip link set %s up", i+1, name, name))
	}
}

// meeting has two hosts negotiate. It returns the time to the first channel, and the messages
// of each host by type.
func meeting(t *testing.T, a, b *host) (took time.Duration, sent [2]map[string][]saying) {
	t.Helper()
	sent = [2]map[string][]saying{{}, {}}
	begun := time.Now()
	a.say(saying{Type: "start"})
	b.say(saying{Type: "start"})
	late := time.After(2 * time.Minute)
	for open := 0; open < 2; {
		from, to, of := a, b, 0
		var s saying
		select {
		case s = <-a.said:
		case s = <-b.said:
			from, to, of = b, a, 1
		case <-late:
			t.Fatal("no channel in two minutes")
		}
		sent[of][s.Type] = append(sent[of][s.Type], s)
		switch s.Type {
		case "open":
			open++
		case "error", "":
			t.Fatalf("the peer at %d says: %s", from.pid, s.Message)
		default:
			to.say(s)
		}
	}
	return time.Since(begun), sent
}

// runPeer is a peer that writes its messages to standard output and reads the other peer's
// from standard input.
func runPeer() {
	var told settings
	if err := json.Unmarshal([]byte(os.Getenv(optionsVariable)), &told); err != nil {
		panic(err)
	}
	options := rtc.Options{Offer: told.Offer, ICEServers: told.ICEServers}
	options.RelayOnly = told.RelayOnly
	var mu sync.Mutex
	say := func(typ string, message []byte) {
		line, err := json.Marshal(saying{typ, message})
		if err != nil {
			panic(err)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(string(line))
	}
	options.Signal = func(_ context.Context, typ string, message []byte) error {
		say(typ, message)
		return nil
	}
	peer := rtc.New(options)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var s saying
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			panic(err)
		}
		if s.Type != "start" {
			_ = peer.Handle(s.Type, s.Message)
			continue
		}
		peer.Start()
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var err error
			if options.Offer {
				_, err = peer.OpenChannel(ctx, "first")
			} else {
				_, err = peer.AcceptChannel(ctx)
			}
			if err != nil {
				say("error", []byte(strconv.Quote(err.Error())))
				return
			}
			say("open", []byte("null"))
		}()
	}
	_ = peer.Close()
}

// addresses returns the addresses of the candidates that a peer has sent.
func addresses(t *testing.T, sent map[string][]saying) (list []string) {
	t.Helper()
	for _, s := range sent["CANDIDATE"] {
		var c struct{ Candidate string }
		require.NoError(t, json.Unmarshal(s.Message, &c))
		if fields := strings.Fields(c.Candidate); len(fields) > 4 {
			list = append(list, fields[4])
		}
	}
	return list
}
