package main

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	// typeExposes is the message in which a side lists the targets that it exposes.
	typeExposes = "exposes"

	// tcpStream is how the name of a stream to a target begins. The target follows.
	tcpStream = "tcp "

	maxTarget  = 200 // bytes; a stream's name has at most 255
	maxTargets = 100

	// reachWithin is how long a target has to accept a connection.
	reachWithin = 10 * time.Second

	// mostConnections is how many connections lead to one peer at once. A link has 128 streams.
	mostConnections = 128
)

// The codes with which a stream to a target is refused.
const (
	codeNotExposed  = 2
	codeUnreachable = 3
)

// expose lets the other side reach the targets that the command line names.
func expose(ctx context.Context, inv *invocation) error {
	operands, link := linkOf(inv.operands)
	var targets []target
	for _, text := range operands {
		t, err := parseTarget(text)
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 || len(targets) > maxTargets {
		return usageError{"expose needs 1 to 100 targets", "a target looks like localhost:80, or 80"}
	}
	inv.tell(event{Event: "exposed", Name: listed(targets)}, "The other side can reach %s from here, and nothing else", listed(targets))
	return inv.meet(ctx, link, inv.out, forever, func(ctx context.Context, m *meeting) error {
		if err := tell(ctx, m, message(typeExposes, targets)); err != nil {
			return err
		}
		return inv.serveTargets(ctx, m, targets)
	})
}

// linkOf returns the last operand apart if it is a link.
func linkOf(operands []string) (rest, link []string) {
	last := len(operands) - 1
	if last >= 0 && strings.Contains(operands[last], "://") {
		return operands[:last], operands[last:]
	}
	return operands, nil
}

// serveTargets connects each stream of a peer with its target, until the peer leaves.
func (inv *invocation) serveTargets(ctx context.Context, m *meeting, targets []target) error {
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		s, err := m.AcceptStream(ctx)
		if err != nil {
			return err
		}
		t, ok := strings.CutPrefix(s.Name(), tcpStream)
		if !ok || !slices.Contains(targets, target(t)) {
			inv.tell(event{Event: "refused", Name: t}, "%s was asked for and is refused", t)
			s.CloseWithCode(codeNotExposed, "it is not exposed")
			continue
		}
		running.Go(func() { inv.serveTarget(ctx, s, target(t)) }) // the link bounds their number
	}
}

func (inv *invocation) serveTarget(ctx context.Context, s *sdk.Stream, t target) {
	dialer := net.Dialer{Timeout: reachWithin}
	conn, err := dialer.DialContext(ctx, "tcp", string(t))
	if err != nil {
		why := dialProblem(err)
		inv.tell(event{Event: "unreachable", Name: string(t), Problem: why}, "%s cannot be reached: %s", t, why)
		s.CloseWithCode(codeUnreachable, why)
		return
	}
	splice(ctx, conn.(*net.TCPConn), s)
}

// dialProblem says why a target cannot be reached, without its address.
func dialProblem(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses the connection"
	case errors.As(err, &dns):
		return "its name is not known"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return "it does not answer"
	}
	return "there is no way to it"
}
