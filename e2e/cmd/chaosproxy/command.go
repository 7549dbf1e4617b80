package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
)

const help = `faults [WAY.NAME=VALUE ...]   what connections from now on suffer; nothing is a good network
    WAY is up (to the target) or down
    cut=BYTE:HOW     after so many bytes: fin, rst or silence
    stall=BYTE:TIME  block for so long, such as 2s
    delay=TIME  jitter=TIME  rate=BYTES a second
cut HOW                       cut every connection: fin, rst or silence
stall TIME                    block every connection for so long
refuse on|off                 reset new connections
count                         active connections, and all accepted so far
quit                          or the end of standard input`

// obey carries out a command line. It ignores an empty one.
func obey(p *chaos.Proxy, line string) (string, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", nil
	}
	argument := ""
	if len(words) == 2 {
		argument = words[1]
	}
	switch words[0] {
	case "help":
		return help, nil
	case "faults":
		f, err := parseFaults(words[1:])
		if err != nil {
			return "", err
		}
		p.SetFaults(f)
		return "ok", nil
	case "cut":
		kind, err := chaos.ParseKind(argument)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("ok %d", p.CutAll(kind)), nil
	case "stall":
		d, err := time.ParseDuration(argument)
		if err != nil {
			return "", fmt.Errorf("%q is not a duration such as 2s", argument)
		}
		p.StallAll(d)
		return "ok", nil
	case "refuse":
		if argument != "on" && argument != "off" {
			return "", fmt.Errorf("refuse must be on or off, not %q", argument)
		}
		p.SetRefuse(argument == "on")
		return "ok", nil
	case "count":
		return fmt.Sprintf("ok %d %d", p.Conns(), p.Accepted()), nil
	}
	return "", fmt.Errorf("%q is not a command; help lists them", words[0])
}

// parseFaults reads words such as up.cut=120:rst.
func parseFaults(words []string) (chaos.Faults, error) {
	var f chaos.Faults
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		way := &f.Up
		if strings.HasPrefix(name, "down.") {
			way = &f.Down
		} else if !strings.HasPrefix(name, "up.") {
			ok = false
		}
		if !ok {
			return f, fmt.Errorf("%q is not up.NAME=VALUE or down.NAME=VALUE", word)
		}
		_, name, _ = strings.Cut(name, ".")
		if err := setFault(way, name, value); err != nil {
			return f, fmt.Errorf("%q: %w", word, err)
		}
	}
	return f, nil
}

func setFault(way *chaos.Way, name, value string) (err error) {
	at, rest, _ := strings.Cut(value, ":")
	switch name {
	case "cut":
		if way.Cut.At, err = strconv.ParseInt(at, 10, 64); err == nil {
			way.Cut.By, err = chaos.ParseKind(rest)
		}
	case "stall":
		if way.Stall.At, err = strconv.ParseInt(at, 10, 64); err == nil {
			way.Stall.For, err = time.ParseDuration(rest)
		}
	case "delay":
		way.Delay, err = time.ParseDuration(value)
	case "jitter":
		way.Jitter, err = time.ParseDuration(value)
	case "rate":
		way.Rate, err = strconv.ParseInt(value, 10, 64)
	default:
		err = fmt.Errorf("there is no fault of that name")
	}
	return err
}
