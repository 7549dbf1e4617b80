package daemon

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// A life is one process.
type life struct {
	cmd    *exec.Cmd
	exited chan struct{}
	fatal  string // the line by which the Go runtime ended it; set before exited is closed
}

// launch starts a process. It is relayd's from the beginning, because the shell that sets
// the limits becomes it.
func (r *Relayd) launch(path string, limits Limits, listening chan<- string) (*life, error) {
	set := ""
	if limits.Files > 0 {
		set += fmt.Sprintf("ulimit -n %d && ", limits.Files)
	}
	if limits.Memory > 0 {
		set += fmt.Sprintf("ulimit -d %d && ", limits.Memory)
	}
	cmd := exec.Command("sh", "-c", set+`exec "$0" "$@"`, path,
		"serve", "--listen", r.address, "--state-dir", r.state, "--drain", "2s", "--log-format", "json")
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	l := &life{cmd: cmd, exited: make(chan struct{})}
	r.mu.Lock()
	r.life = l
	r.mu.Unlock()
	go func() {
		defer close(l.exited)
		l.fatal = r.follow(stderr, listening)
		_ = cmd.Wait()
	}()
	return l, nil
}

// follow keeps the log of a life, and finds in it the address, and why the Go runtime ended
// the life if it did.
func (r *Relayd) follow(stderr io.Reader, listening chan<- string) (fatal string) {
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadBytes('\n')
		r.mu.Lock()
		r.logs = append(r.logs[max(0, len(r.logs)-maxLogs):], line...)
		r.raced = r.raced || bytes.Contains(line, []byte("DATA RACE"))
		r.mu.Unlock()
		var record struct{ Msg, Address string }
		if json.Unmarshal(line, &record) == nil && record.Msg == "listening" {
			listening <- record.Address
		}
		if text := string(line); fatal == "" && (strings.HasPrefix(text, "fatal error: ") || strings.HasPrefix(text, "panic: ")) {
			fatal = strings.TrimSpace(text)
		}
		if err != nil {
			return fatal
		}
	}
}
