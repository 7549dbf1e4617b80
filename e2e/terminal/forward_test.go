package terminal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

// mirror accepts connections and sends back what comes, in upper case, after it has ended.
func mirror(t *testing.T) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				said, _ := io.ReadAll(conn)
				_, _ = conn.Write(bytes.ToUpper(said))
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		running.Wait()
	})
	return ln.Addr().String()
}

// gateOf returns the address that a forwarder opened.
func gateOf(p *termproc.Peer, to string) string {
	p.Told("Ready")
	for line := range strings.Lines(p.Stderr()) {
		if address, rest, ok := strings.Cut(line, " leads to "); ok && strings.HasPrefix(rest, to) {
			return address
		}
	}
	return ""
}

// ask says something to an address, closes that direction and returns the answer.
func ask(t *testing.T, address, text string) (string, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil { // it may have been reset already
		return "", err
	}
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience.Max)))
	if _, err = io.WriteString(conn, text); err != nil {
		return "", err
	}
	if err = conn.(*net.TCPConn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// Either side can start the room. Many connections go at once, each half-closes, and an HTTP
// client works through it.
func TestAPortIsForwarded(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	echo := mirror(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "you asked for "+r.URL.Path) }))
	t.Cleanup(web.Close)
	page := strings.TrimPrefix(web.URL, "http://")

	for name, start := range map[string]func() (forward *termproc.Peer){
		"the exposing side starts": func() *termproc.Peer {
			expose := termproc.Start(t, "expose", echo, page, "--relay", relay.HTTP)
			return termproc.Start(t, "forward", "0:"+echo, "0:"+page, expose.Expect("link:"))
		},
		"the forwarding side starts": func() *termproc.Peer {
			forward := termproc.Start(t, "forward", "0:"+echo, "0:"+page, "--relay", relay.HTTP)
			termproc.Start(t, "expose", echo, page, forward.Expect("link:"))
			return forward
		},
	} {
		t.Run(name, func(t *testing.T) {
			forward := start()
			gate := gateOf(forward, echo)
			require.True(t, strings.HasPrefix(gate, "127.0.0.1:"), "others cannot use it")
			var asking sync.WaitGroup
			for i := range 40 {
				asking.Go(func() {
					text := strings.Repeat(fmt.Sprintf("connection %d ", i), 1000)
					answer, err := ask(t, gate, text)
					if err != nil || answer != strings.ToUpper(text) {
						t.Errorf("connection %d: %v", i, err)
					}
				})
			}
			asking.Wait()
			response, err := http.Get("http://" + gateOf(forward, page) + "/here")
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, "you asked for /here", string(body))
			forward.Interrupt()
			require.Zero(t, forward.Exit(), forward.Stderr())
		})
	}
}

// A forwarder reaches what is exposed and nothing else, whatever its program asks for.
func TestAForwarderReachesNothingElse(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	exposed, secret := mirror(t), mirror(t)
	expose := termproc.Start(t, "expose", exposed, "--relay", relay.HTTP)
	link := expose.Expect("client:")

	forward := termproc.Start(t, "forward", "0:"+secret, link)
	require.Equal(t, 3, forward.Exit())
	require.Contains(t, forward.Stderr(), "intercessor: the other side exposes "+exposed+", and not "+secret+"\n")

	mallory := sdkpeer.Dial(t, link)
	for _, name := range []string{"tcp " + secret, "tcp", "tcp ", "tcp  " + exposed, "tcp " + exposed + "\x00", "file", "tcp " + exposed + ":80"} {
		s, err := mallory.OpenStream(patience.Context(t), name)
		require.NoError(t, err)
		require.NoError(t, s.SetDeadline(time.Now().Add(patience.Max)))
		_ = s.CloseWrite() // what is reached answers now
		_, err = s.Read(make([]byte, 1))
		var refused *sdk.StreamError
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, "it is not exposed", refused.Text)
	}
	s, err := mallory.OpenStream(patience.Context(t), "tcp "+exposed)
	require.NoError(t, err)
	_, err = io.WriteString(s, "hello")
	require.NoError(t, err)
	require.NoError(t, s.CloseWrite())
	answer, err := io.ReadAll(s)
	require.NoError(t, err)
	require.Equal(t, "HELLO", string(answer))
}

// The port of a forwarder leads to one other side at a time: another one with the link gets none of its
// connections while that one is there.
func TestAForwarderLeadsToOneSide(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	forward := termproc.Start(t, "forward", "0:80", "--relay", relay.HTTP)
	url := forward.Expect("client:")
	expose := func() *sdkpeer.Chatter {
		c := sdkpeer.NewChatter(t, sdkpeer.Dial(t, url))
		c.Say("exposes", []string{"localhost:80"})
		return c
	}
	passes := func(to *sdkpeer.Chatter) {
		t.Helper()
		answer := make(chan string, 1)
		conn, err := net.Dial("tcp", gateOf(forward, "localhost:80"))
		require.NoError(t, err)
		defer conn.Close()
		go func() {
			said, _ := io.ReadAll(conn)
			answer <- string(said)
		}()
		s, err := to.Conn.AcceptStream(to.Ctx)
		require.NoError(t, err)
		_, err = io.WriteString(s, "here")
		require.NoError(t, err)
		require.NoError(t, s.CloseWrite())
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		_, err = io.ReadAll(s)
		require.NoError(t, err)
		require.Equal(t, "here", <-answer)
	}
	ada := expose()
	passes(ada)
	next := expose()
	forward.Told("Another side exposes localhost:80, and waits until the one before it has left.")
	for range 10 {
		passes(ada)
	}
	require.NoError(t, ada.Conn.Close())
	passes(next)
	require.Equal(t, 2, strings.Count(forward.Stderr(), "Ready: "))
}

func TestAPortThatIsInUseIsSaid(t *testing.T) {
	t.Parallel()
	taken := mirror(t)
	_, port, err := net.SplitHostPort(taken)
	require.NoError(t, err)
	forward := termproc.Start(t, "forward", port+":localhost:80", "--relay", "127.0.0.1:1")
	require.Equal(t, 1, forward.Exit())
	require.Contains(t, forward.Stderr(), "intercessor: port "+port+" is in use: another program listens on "+taken+"; choose another port, as in 0:localhost:80 for a free one\n")
}

// A target that refuses is said on both sides. The connection is reset, and later ones work.
func TestATargetThatRefusesIsSaid(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	target := ln.Addr().String()
	require.NoError(t, ln.Close())
	expose := termproc.Start(t, "expose", target, "--relay", relay.HTTP)
	forward := termproc.Start(t, "forward", "0:"+target, expose.Expect("link:"))
	_, err = ask(t, gateOf(forward, target), "")
	require.Error(t, err, "it is reset")
	expose.Told(target + " cannot be reached: it refuses the connection.")
	forward.Told("The other side cannot reach " + target + ": it refuses the connection.")
}

// A forwarder whose other side exposes nothing is told so, and one whose other side comes back
// goes on with the port that it has.
func TestAForwarderOutlivesTheOtherSide(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	echo := mirror(t)
	identity := t.TempDir() + "/id"
	expose := termproc.Start(t, "expose", echo, "--relay", relay.HTTP, "--identity", identity)
	link := expose.Expect("link:")
	forward := termproc.Start(t, "forward", "0:"+echo, link, "--json")
	var at struct{ Event, Local string }
	for at.Event != "ready" {
		require.NoError(t, json.Unmarshal([]byte(forward.Expect("")), &at))
	}
	answer, err := ask(t, at.Local, "hello")
	require.NoError(t, err)
	require.Equal(t, "HELLO", answer)

	expose.Interrupt()
	require.Zero(t, expose.Exit())
	forward.Expect(`{"event":"lost"`)
	termproc.Start(t, "expose", echo, "--relay", relay.HTTP, "--identity", identity)
	forward.Expect(`{"event":"ready"`)
	answer, err = ask(t, at.Local, "hello again")
	require.NoError(t, err)
	require.Equal(t, "HELLO AGAIN", answer)
}
