//go:build !js

package rtc

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
)

// servers reports failures of STUN and TURN servers. pion writes them only to its log, so
// servers is pion's log.
type servers struct {
	logging.LoggerFactory
	report  func(ServerError) // static; must not wait
	relayed atomic.Bool       // a TURN server over UDP has given an address
	direct  atomic.Bool       // the selected pair is one without TURN

	mu      sync.Mutex // guards what follows
	urls    []string
	secrets map[string]string // credentials by user name; a set has a map of its own
	names   map[string]string // the host and port that an address was looked up for, by address
}

func (s *servers) set(list []ICEServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls, s.secrets = nil, make(map[string]string)
	for _, server := range list {
		s.urls = append(s.urls, server.URLs...)
		s.secrets[server.Username] = server.Credential
	}
}

// credentials returns those of the servers, by user name.
func (s *servers) credentials() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets
}

// noRelayed returns the cause if only TURN servers may be used, and none gives an address.
func (s *servers) noRelayed() ICECause {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.urls, func(url string) bool { return strings.HasPrefix(url, "turn") }) {
		return CauseTURNUnreachable
	}
	return CauseNoTURN
}

// haveUDP reports whether there is a TURN server over UDP.
func (s *servers) haveUDP() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.urls, func(url string) bool {
		return strings.HasPrefix(url, "turn:") && transportOf(url) == "udp"
	})
}

func transportOf(url string) string {
	if strings.HasPrefix(url, "turns:") || strings.HasSuffix(url, "transport=tcp") {
		return "tcp"
	}
	return "udp"
}

// found notes that a host and port has an address. pion looks up addresses, too.
func (s *servers) found(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name != address {
		s.names[address] = name
	}
}

// failed reports the failure of a request to an address, or to a host and port, over udp or tcp,
// or "" if that is not known.
func (s *servers) failed(transport, address string, err error) {
	if errors.Is(err, context.Canceled) {
		return // this side gave up
	}
	e := ServerError{Code: unreachable, Text: "no answer"}
	var refusal *stun.TurnError
	var timeout net.Error
	var socket *net.OpError
	if transport == "" && (strings.Contains(err.Error(), "retransmissions") || errors.As(err, &socket) && strings.HasPrefix(socket.Net, "udp")) {
		transport = "udp"
	}
	switch {
	case errors.As(err, &refusal):
		e.Code, e.Text = int(refusal.ErrorCodeAttr.Code), string(refusal.ErrorCodeAttr.Reason)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Text = "connection refused"
	case strings.Contains(err.Error(), "retransmissions"), errors.As(err, &timeout) && timeout.Timeout():
	default:
		e.Text = err.Error()
	}
	s.mu.Lock()
	if name := s.names[address]; name != "" {
		address = name
	}
	for _, url := range s.urls {
		if hostPort(url) == address && (transport == "" || transport == transportOf(url)) {
			e.URL = url
			break
		}
	}
	s.mu.Unlock()
	if e.URL != "" {
		s.report(e)
	}
}

// hostPort returns the host and port of a server's URL.
func hostPort(url string) string {
	scheme, rest, _ := strings.Cut(url, ":")
	rest, _, _ = strings.Cut(rest, "?")
	if _, _, err := net.SplitHostPort(rest); err == nil {
		return rest
	}
	port := "3478"
	if strings.HasSuffix(scheme, "s") {
		port = "5349"
	}
	return net.JoinHostPort(strings.Trim(rest, "[]"), port)
}

// NewLogger returns the log of a part of pion.
func (s *servers) NewLogger(scope string) logging.LeveledLogger {
	log := s.LoggerFactory.NewLogger(scope)
	if scope == "ice" {
		return iceLog{log, s}
	}
	return log
}

// iceLog finds the failures of servers among pion's warnings.
type iceLog struct {
	logging.LeveledLogger
	servers *servers
}

func (l iceLog) Warnf(format string, args ...any) {
	l.LeveledLogger.Warnf(format, args...)
	var transport, address string
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			address = arg
		case stun.URI:
			transport, address = arg.Proto.String(), net.JoinHostPort(arg.Host, strconv.Itoa(arg.Port))
		case error:
			var family *net.AddrError
			var lookup *net.DNSError
			if !errors.As(arg, &family) && !errors.As(arg, &lookup) { // hostNet reports those
				l.servers.failed(transport, address, arg)
			}
		}
	}
}
