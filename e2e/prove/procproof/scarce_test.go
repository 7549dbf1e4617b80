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

// openFiles returns how many file descriptors a process has, or 0 if that is not known.
func openFiles(pid int) int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(files)
}

// dataSize is what counts against RLIMIT_DATA of a process, in KiB, or 0.
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

// crowd opens connections to the relay, as many as that if it can within two seconds, each with the beginning of a
// request of so many bytes, and returns what ends them.
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

// keptFiles is how many of few file descriptors relayd keeps for itself.
const keptFiles = 24

// fewFiles gives the relay so few file descriptors that a crowd takes the last ones that it
// has for sockets. Who is there notices nothing; who comes waits, and gets in when the crowd
// has left.
func (w *world) fewFiles() {
	w.relay.Kill()
	peers := w.files - w.idle + 1 // and one who comes
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
		w.t.Errorf("a newcomer was not let in when there was room again")
	}
	newcomer.leave()
	w.relay.Kill()
	require.NoError(w.t, w.relay.Start())
}

// littleMemory gives the relay hardly more memory than it needs to begin, and a crowd that
// wants more. If it dies of it, it is started again as after every other death. It says
// whether it died.
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
			w.t.Errorf("relayd died with little memory, and not of it: %q", fatal)
		}
		return true
	case <-time.After(time.Second + time.Duration(w.random.Int64N(int64(2*time.Second)))):
		return false
	}
}
