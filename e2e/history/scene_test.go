package history_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
)

// The histories of the tests are written as lines: the time in milliseconds, who logs,
// what, and fields. The server s has the ID S, the clients a and b have A and B; each of
// them has one connection to its peer, number 1 (the server has 1 for a and 2 for b).
// A message m is NAME of its sending end and its number: a/1:3.

// people are the instances that lines speak of: ID, room, and peer and number of the connection.
var people = map[string]struct{ id, room string }{
	"s": {"S", "S"}, "a": {"A", "S"}, "b": {"B", "S"}, "a2": {"A", "S"}, "s2": {"S", "S"},
	"z": {"Z", "Z"}, "c": {"C", "Z"},
	"new": {"", "S"},
}

// prologue is how most histories begin.
const prologue = `
0 s start
0 a start
0 b start
1 s joined peer=A conn=1
1 a joined peer=S conn=1
1 s joined peer=B conn=2
1 b joined peer=S conn=1
`

func parse(t testing.TB, text string) []history.Event {
	t.Helper()
	var events []history.Event
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		require.GreaterOrEqual(t, len(words), 3, line)
		ms, err := strconv.ParseFloat(words[0], 64)
		require.NoError(t, err, line)
		who := people[words[1]]
		e := history.Event{At: int64(ms*1e6) + 1, App: words[1], ID: who.id, Room: who.room, Kind: history.Kind(words[2])}
		switch e.App {
		case "-":
			e.App = ""
		case "A", "B", "S":
			e.App, e.ID = "", e.App
		}
		if e.Kind == history.Send || e.Kind == history.Receive || e.Kind == history.Wire {
			e.Type, e.Hash = "chat", "h"
		}
		for _, word := range words[3:] {
			name, value, _ := strings.Cut(word, "=")
			number, _ := strconv.ParseUint(value, 10, 64)
			switch name {
			case "conn":
				e.Conn = int(number)
			case "peer":
				e.Peer = value
			case "m":
				from, seq, _ := strings.Cut(value, ":")
				e.Seq, err = strconv.ParseUint(seq, 10, 64)
				require.NoError(t, err, line)
				if e.Kind == history.Receive {
					e.From = from
				} else {
					_, conn, _ := strings.Cut(from, "/")
					e.Conn, err = strconv.Atoi(conn)
					require.NoError(t, err, line)
				}
			case "seq":
				e.Seq = number
			case "type":
				e.Type = value
			case "hash":
				e.Hash = value
			case "reason":
				e.Reason = value
			case "room":
				e.Room = value
			case "protocol":
				e.Protocol = value
			case "link":
				e.Link = value
			case "stream":
				e.Stream = int(number)
			case "node":
				e.Node = value
			case "name":
				e.Name = value
			case "order":
				for _, n := range strings.Split(value, ",") {
					v, err := strconv.ParseUint(n, 10, 64)
					require.NoError(t, err, line)
					e.Order = append(e.Order, v)
				}
			case "value":
				e.Value, err = strconv.ParseFloat(value, 64)
				require.NoError(t, err, line)
			case "slack":
				e.Slack, err = strconv.ParseFloat(value, 64)
				require.NoError(t, err, line)
			case "window":
				d, err := time.ParseDuration(value)
				require.NoError(t, err, line)
				e.Window = int64(d)
			default:
				t.Fatalf("%q has a field that is not known", line)
			}
		}
		events = append(events, e)
	}
	return history.Merge(events)
}
