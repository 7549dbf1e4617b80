package procproof

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// openFiles returns how many file descriptors a process has, or 0 if unknown.
func openFiles(pid int) int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(files)
}

// dataSize returns the KiB of a process that count against RLIMIT_DATA, or 0 if unknown.
func dataSize(pid int) (size int) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), "VmData: %d kB", &size); n == 1 {
			break
		}
	}
	return size
}

// crowd opens up to n connections to the relay within two seconds. On each it sends the first
// size bytes of a request. leave closes them.
func (w *world) crowd(n, size int) (leave func()) {
	var conns []net.Conn
	head := append([]byte("GET /server HTTP/1.1\r\nHost: relay\r\nX: "), make([]byte, size)...)
	for i := range head[:len(head):len(head)] {
		if head[i] == 0 {
			head[i] = 'x'
		}
	}
	for end := time.Now().Add(2 * time.Second); len(conns) < n && time.Now().Before(end); {
		conn, err := net.DialTimeout("tcp", w.relay.Addr, time.Second)
		if err != nil {
			break // it has died, or its backlog is full
		}
		conns = append(conns, conn)
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = conn.Write(head)
	}
	return func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}
}

// keptFiles is how many file descriptors relayd reserves when it has few.
const keptFiles = 24

// fewFiles limits the relay's file descriptors so that a crowd takes all that it has for
// sockets. Connected peers notice nothing. A newcomer waits, and is admitted when the crowd has
// left.
func (w *world) fewFiles() {
	w.relay.Kill()
	peers := w.files - w.idle + 1 // and one newcomer
	sockets := peers*4/3 + 2 + w.random.IntN(3)
	limit := w.idle + sockets
	require.NoError(w.t, w.relay.StartWithin(relayproc.Limits{Files: keptFiles + sockets}))
	w.calm("the start with few file descriptors")
	leave := w.crowd(64, 0)
	if !form.Within(patience, func() bool { return openFiles(w.relay.PID()) >= limit }) {
		w.t.Errorf("the crowd did not take the last of the %d file descriptors that relayd uses: it has %d", limit, openFiles(w.relay.PID()))
	}
	w.newcomer++
	newcomer := &process{t: w.t, world: w, name: fmt.Sprint("newcomer", w.newcomer), url: w.clients[0].url, seed: uint64(w.newcomer)}
	newcomer.start()
	w.pace(500*time.Millisecond, 2*time.Second)
	leave()
	if !w.calm("the crowd", newcomer) {
		w.t.Errorf("a newcomer was not admitted when there was capacity again")
	}
	newcomer.leave()
	w.relay.Kill()
	require.NoError(w.t, w.relay.Start())
}

// littleMemory limits the relay's memory to slightly more than it has, and opens a crowd that
// needs more. A relay that dies is started again. It reports whether the relay died.
func (w *world) littleMemory() (died bool) {
	w.relay.Kill()
	w.relay.Binary = w.small
	require.NoError(w.t, w.relay.Start())
	w.calm("the start with a small binary")
	memory := dataSize(w.relay.PID()) + w.random.IntN(16<<10)
	w.relay.Kill()
	for {
		err := w.relay.StartWithin(relayproc.Limits{Memory: memory})
		if err == nil {
			break
		}
		memory += 2 << 10
		require.Less(w.t, memory, 1<<20, "relayd needs more than a GiB to begin: %v", err)
	}
	defer func() {
		w.relay.Kill()
		w.relay.Binary = w.racing
		require.NoError(w.t, w.relay.Start())
	}()
	leave := w.crowd(100+w.random.IntN(900), 4<<10)
	defer leave()
	select {
	case <-w.relay.Exited():
		if fatal := w.relay.Fatal(); !strings.Contains(fatal, "memory") && !strings.Contains(fatal, "newosproc") {
			w.t.Errorf("relayd died with little memory, but of something else: %q", fatal)
		}
		return true
	case <-time.After(time.Second + time.Duration(w.random.Int64N(int64(2*time.Second)))):
		return false
	}
}
