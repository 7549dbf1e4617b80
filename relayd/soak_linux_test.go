package main_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestSoak: connections come and go in every way there is, a hundred thousand of them with
// INTERCESSOR_PROVE=full and five thousand without, and relayd has no more goroutines and
// file descriptors than before, and hardly more heap.
func TestSoak(t *testing.T) {
	connections, settle, full := 5_000, patience, false
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		// Who is cut and does not come back is remembered for its window.
		connections, settle, full = 100_000, patience+protocol.Window*time.Second, true
	}
	d := startSoaked(t)
	d.soak(1_000, false) // what is made once is made now
	before := d.rests()
	begun := time.Now()
	made := d.soak(connections, full)
	took := time.Since(begun)
	// What pools keep for the next peer, and maps for as many as were away at once. It does
	// not grow from one run to the next; the least leak that matters is an object for each.
	most := before
	most.heap += 256<<10 + 16*int64(made)
	after := d.returns(most, settle)
	t.Logf("%d connections in %v: before %v, after %v", made, took.Round(time.Second), before, after)
	require.True(t, after.within(most), "it had %v, and has %v", before, after)
}

// figures are what a process holds.
type figures struct {
	goroutines, descriptors int
	heap                    int64 // bytes that are in use after a collection
}

func (f figures) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d KiB", f.goroutines, f.descriptors, f.heap>>10)
}

// soaked is a relayd whose figures can be read.
type soaked struct {
	t       *testing.T
	pid     int
	address string // of relayd
	debug   string // of the operator's listener
}

func startSoaked(t *testing.T) *soaked {
	t.Helper()
	d := &soaked{t: t, address: freeAddress(t), debug: freeAddress(t)}
	cmd := exec.Command(relayd, "serve", "--listen", d.address, "--admin-listen", d.debug,
		"--state-dir", t.TempDir(), "--log-level", "error", "--drain", "0s")
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	d.pid = cmd.Process.Pid
	require.Eventually(t, func() bool {
		answer, err := http.Get("http://" + d.address + "/readyz")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	}, patience, 10*time.Millisecond)
	http.DefaultClient.CloseIdleConnections()
	return d
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// figures reads them, over a connection that is not there any more when the descriptors
// are counted.
func (d *soaked) figures() (f figures) {
	d.t.Helper()
	_, heap, ok := strings.Cut(d.get("heap?gc=1&debug=1"), "\n# HeapAlloc = ")
	require.True(d.t, ok)
	_, err := fmt.Sscan(heap, &f.heap)
	require.NoError(d.t, err)
	_, err = fmt.Sscanf(d.get("goroutine?debug=1"), "goroutine profile: total %d", &f.goroutines)
	require.NoError(d.t, err)
	descriptors, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.pid))
	require.NoError(d.t, err)
	f.descriptors = len(descriptors)
	return f
}

func (d *soaked) get(what string) string {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://"+d.debug+"/debug/pprof/"+what, nil)
	require.NoError(d.t, err)
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	require.NoError(d.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(d.t, err)
	return string(text)
}

// rests returns the minimum of each figure over two seconds without connects.
func (d *soaked) rests() figures {
	d.t.Helper()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	least := d.figures()
	for range 8 {
		<-again.C
		now := d.figures()
		least.goroutines, least.descriptors = min(least.goroutines, now.goroutines), min(least.descriptors, now.descriptors)
		least.heap = min(least.heap, now.heap)
	}
	return least
}

// returns waits until the figures are no more than that, or the time is over.
func (d *soaked) returns(most figures, within time.Duration) figures {
	d.t.Helper()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	now := d.figures()
	for end := time.Now().Add(within); !now.within(most) && time.Now().Before(end); now = d.figures() {
		<-again.C
	}
	return now
}

func (f figures) within(most figures) bool {
	return f.goroutines <= most.goroutines && f.descriptors <= most.descriptors && f.heap <= most.heap
}

// soak makes at least so many connections, by rooms of five or so, a hundred of them at
// once, and gives how many they were.
func (d *soaked) soak(connections int, someStayAway bool) (made int) {
	d.t.Helper()
	const workers = 20
	var all sync.WaitGroup
	callers := make([]*caller, workers)
	errs := make([]error, workers)
	for i := range workers {
		c := &caller{address: d.address, from: byte(1 + i)}
		callers[i] = c
		all.Go(func() {
			for round := i; c.made < (connections+workers-1)/workers && errs[i] == nil; round++ {
				if err := c.visit(round, someStayAway); err != nil {
					errs[i] = fmt.Errorf("round %d: %w", round, err)
				}
			}
		})
	}
	all.Wait()
	require.NoError(d.t, errors.Join(errs...))
	for _, c := range callers {
		made += c.made
	}
	return made
}

// visit opens a room, has peers come in and leave it in the ways of this round, and shuts
// it. Where some may stay away, a server that is cut comes back in two rounds of three.
func (c *caller) visit(round int, someStayAway bool) error {
	ends := []func(*guest) error{(*guest).goodbye, (*guest).cut, (*guest).hangUp, (*guest).breaksWebSocket, (*guest).breaksEnvelope}
	speaks := []string{"", protocol.SubprotocolV1}
	server, err := c.enter("/server", speaks[round%2])
	if err != nil {
		return err
	}
	var waiting *guest // it learns of the room's end, or, of base, that its server is away (P5)
	for i, end := range ends {
		client, err := c.enter("/client/"+server.id, speaks[(round+i)/2%2])
		if err != nil {
			return err
		}
		if _, err := server.wants(protocol.TypePeerJoined); err != nil {
			return err
		}
		if i == round%len(ends) {
			waiting = client
		} else if err := end(client); err != nil {
			return fmt.Errorf("end %d of a client: %w", i, err)
		}
	}
	if err := c.refusals(round); err != nil {
		return err
	}
	how := round / 2 % 3
	v1 := server.last != ""
	switch {
	case how == 0 || v1 && !someStayAway && how == 2:
		err = server.goodbye()
	case how == 1 && v1:
		if err = server.cut(); err == nil {
			server, err = c.enter("/server", protocol.SubprotocolV1+", "+protocol.ResumePrefix+"1."+server.last)
		}
		if err == nil {
			err = server.goodbye()
		}
	case v1:
		return errors.Join(server.cut(), waiting.cut())
	default:
		err = server.breaksEnvelope()
	}
	if err != nil {
		return fmt.Errorf("end %d of a server: %w", how, err)
	}
	return waiting.closed(protocol.CodeServerGone, protocol.CodeServerAway)
}

// refusals are peers that are not let in.
func (c *caller) refusals(round int) error {
	switch round % 4 {
	case 0:
		g, _, err := c.knock("/client/nobody", "")
		if err != nil {
			return err
		}
		return g.closed(protocol.CodeNoSuchServer)
	case 1:
		g, status, err := c.knock("/server", "", "Origin: https://evil.example")
		if err == nil && status != http.StatusForbidden {
			err = fmt.Errorf("HTTP status %d", status)
		}
		if err != nil {
			return err
		}
		return g.hangUp()
	case 2:
		g, _, err := c.knock("/server", protocol.SubprotocolV1+", "+protocol.ResumePrefix+"1.forged")
		if err != nil {
			return err
		}
		return g.closed(protocol.CodeTokenRefused)
	}
	g, err := c.dial()
	if err != nil {
		return err
	}
	_, err = io.WriteString(g.conn, "GET /server HTTP/1.1\r\nHost")
	return errors.Join(err, g.hangUp())
}
