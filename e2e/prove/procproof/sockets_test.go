package procproof

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/prove/form"
)

// cutSockets has the kernel destroy live TCP connections, and returns their list.
func cutSockets(filter string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ss", "-K", "-H", "-t", "-n", "state", "established", filter).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ss -K: %w: %s", err, out)
	}
	return string(out), nil
}

// mayCutSockets tries ss -K on a probe connection. ss -K needs the capability CAP_NET_ADMIN and
// a kernel with CONFIG_INET_DIAG_DESTROY. Without the latter it fails silently.
func mayCutSockets() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	probe, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer probe.Close()
	if _, err := cutSockets(fmt.Sprintf("sport = :%d", probe.LocalAddr().(*net.TCPAddr).Port)); err != nil {
		return err
	}
	_ = probe.SetReadDeadline(time.Now().Add(time.Second))
	var timeout net.Error
	if _, err := probe.Read(make([]byte, 1)); errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("it runs, and the connection lives on: CAP_NET_ADMIN or CONFIG_INET_DIAG_DESTROY is missing")
	}
	return nil
}

// cutAll destroys all sockets of the relay, or all of the peers.
func (w *world) cutAll() {
	_ = w.connected()
	side := []string{"sport", "dport"}[w.random.IntN(2)]
	w.cut(fmt.Sprintf("%s = :%s", side, w.port()))
}

// cutOne destroys one peer's connection, at the peer's end or at the relay's.
func (w *world) cutOne() {
	fields := strings.Fields(w.connected())
	if len(fields) < 4 {
		w.t.Errorf("ss does not list the peers' connections: %q", fields)
		return
	}
	_, port, _ := strings.Cut(fields[2], ":")
	filter := fmt.Sprintf("sport = :%s and dport = :%s", port, w.port())
	if w.random.IntN(2) == 0 {
		filter = fmt.Sprintf("dport = :%s and sport = :%s", port, w.port())
	}
	w.cut(filter)
}

// connected returns a line of ss for one of the peers' connections. It waits until there is one:
// peers with a direct path go on without the relay.
func (w *world) connected() string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var text string
	if !form.Within(patience, func() bool {
		out, err := exec.CommandContext(ctx, "ss", "-H", "-t", "-n", "state", "established", "dport = :"+w.port()).Output()
		text = strings.TrimSpace(string(out))
		return err == nil && text != ""
	}) {
		return ""
	}
	lines := strings.Split(text, "\n")
	return lines[w.random.IntN(len(lines))]
}

func (w *world) cut(filter string) {
	if out, err := cutSockets(filter); err != nil || out == "" {
		w.t.Errorf("ss -K of %q has cut nothing: %v", filter, err)
	}
}

func (w *world) port() string {
	_, port, _ := net.SplitHostPort(w.relay.Addr)
	return port
}
