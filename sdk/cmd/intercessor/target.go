package main

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// A target is a TCP port that one side reaches for the other: HOST:PORT.
type target string

// parseTarget reads HOST:PORT, or PORT for one of this machine.
func parseTarget(text string) (target, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = "localhost", text
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsAny(host, " /@") {
		return "", usageError{fmt.Sprintf("%q is not a target", text), "it looks like localhost:80, or 80"}
	}
	t := target(net.JoinHostPort(strings.ToLower(host), port))
	if len(t) > maxTarget {
		return "", usageError{problem: fmt.Sprintf("the target is longer than %d bytes", maxTarget)}
	}
	return t, nil
}

func (t target) port() string {
	_, port, _ := net.SplitHostPort(string(t))
	return port
}

// A forwarding is an address of this machine that leads to a target of the other side.
type forwarding struct {
	listen string // HOST:PORT
	target target
}

// parseForwarding reads [[ADDRESS:]PORT:]TARGET, where TARGET is HOST:PORT or PORT. The order is
// that of ssh -L. A port alone, of the other side's machine, is also the port on this one.
func parseForwarding(text string) (forwarding, error) {
	wrong := usageError{fmt.Sprintf("%q does not say what to forward", text), "it looks like 8080:localhost:80, 8080:80 or 127.0.0.1:8080:localhost:80"}
	parts := splitColons(text)
	var listen []string
	switch n := len(parts); n {
	case 1:
		listen = []string{parts[0]}
	case 2:
		listen, parts = parts[:1], parts[1:]
	case 3, 4:
		listen, parts = parts[:n-2], parts[n-2:]
	default:
		return forwarding{}, wrong
	}
	to, err := parseTarget(strings.Join(parts, ":"))
	if err != nil {
		return forwarding{}, wrong
	}
	listen = append([]string{"127.0.0.1"}, listen...)
	address, port := strings.Trim(listen[len(listen)-2], "[]"), listen[len(listen)-1]
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || address == "" {
		return forwarding{}, wrong
	}
	return forwarding{net.JoinHostPort(address, port), to}, nil
}

// splitColons splits at colons outside of brackets.
func splitColons(text string) []string {
	depth, from, parts := 0, 0, []string{}
	for i, c := range text {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ':' && depth == 0:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// listed names targets for a person.
func listed(targets []target) string {
	if len(targets) == 0 {
		return "nothing"
	}
	var names []string
	for _, t := range targets {
		names = append(names, cleanText(string(t), maxTarget))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
