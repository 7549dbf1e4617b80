package procproof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// peerVariable is the environment variable with an order. With it this binary is a peer and not
// a test.
const peerVariable = "INTERCESSOR_PEER"

// A process is a peer over all its lives, each a process. They share an identity file. Only
// one goroutine may use it.
type process struct {
	t       testing.TB
	world   *world
	listens bool
	name    string
	url     string
	seed    uint64
	id      string // at the relay; empty until known

	lives  int
	order  order
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // its standard output; closed at its end
	stderr bytes.Buffer
}

// start begins a life.
func (p *process) start() {
	p.t.Helper()
	p.lives++
	name := fmt.Sprintf("%s.%d", p.name, p.lives)
	p.order = order{
		Listens: p.listens, Name: name, URL: p.url, Seed: p.seed + uint64(p.lives)<<32,
		Identity: filepath.Join(p.world.folder, p.name+".identity"),
		History:  filepath.Join(p.world.folder, name+".history"),
	}
	text, err := json.Marshal(p.order)
	require.NoError(p.t, err)
	self, err := os.Executable()
	require.NoError(p.t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), peerVariable+"="+string(text))
	// A stopped peer in its own group gets SIGHUP when the test has died.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.stderr.Reset()
	cmd.Stderr = &p.stderr
	p.stdin, err = cmd.StdinPipe()
	require.NoError(p.t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, cmd.Start())
	lines := make(chan string, 256) // more lines than a life has
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	p.cmd, p.lines = cmd, lines
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// tell sends a command to the peer.
func (p *process) tell(command string) { _, _ = fmt.Fprintln(p.stdin, command) }

// hear waits for a line that begins with some words, and returns the rest of the line.
func (p *process) hear(words string, within time.Duration) (rest string, ok bool) {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		select {
		case line, alive := <-p.lines:
			if !alive {
				p.t.Errorf("%s ended by itself", p.order.Name)
				p.lines = nil // nothing more comes
				return "", false
			}
			if id, is := strings.CutPrefix(line, "id "); is {
				p.id = id
			}
			if rest, ok = strings.CutPrefix(line, words); ok {
				return rest, true
			}
		case <-late.C:
			return "", false
		}
	}
}

// kill ends a life at once, and logs it when the process has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.end()
	p.world.log.Add(history.Event{Kind: history.Stop, App: p.order.Name, ID: p.id, Room: p.world.room(), Reason: "killed"})
}

// leave has the process end by itself. It reports problems by its exit code and standard error.
func (p *process) leave() {
	_ = p.stdin.Close()
	late := time.AfterFunc(leaveWithin+10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.end(); err != nil {
		complaint := p.stderr.String()
		p.t.Errorf("%s: %v\n%s", p.order.Name, err, complaint[max(0, len(complaint)-5000):])
	}
}

// end waits for the end of the process.
func (p *process) end() error {
	for p.lines != nil {
		if _, alive := <-p.lines; !alive {
			break
		}
	}
	p.lines = nil
	_ = p.stdin.Close()
	return p.cmd.Wait()
}
