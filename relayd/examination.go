package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sebas642/intercessor/doctor"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/config"
)

// An examination is what the arguments of doctor say that are no settings of relayd.
type examination struct {
	url, page            string
	secret, clientSecret string
	stay                 time.Duration
	asJSON               bool
}

// parseExamination returns the URL and the flags of doctor, and the other arguments.
func parseExamination(args []string) (e examination, rest []string, err error) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		e.url, args = args[0], args[1:]
	}
	for len(args) > 0 {
		flag := args[0]
		args = args[1:]
		name, value, given := strings.Cut(flag, "=")
		switch name {
		case "--json":
			e.asJSON = true
			continue
		case "--long":
			if e.stay = doctor.LongStay; given {
				e.stay, err = time.ParseDuration(value)
			}
			if err != nil || e.stay <= 0 {
				return e, nil, fmt.Errorf("--long must be a duration, as --long=%v", doctor.LongStay)
			}
			continue
		case "--page", "--secret-file", "--client-secret-file":
		default:
			rest = append(rest, flag)
			continue
		}
		if !given && len(args) == 0 {
			return e, nil, fmt.Errorf("%s needs a value", name)
		}
		if !given {
			value, args = args[0], args[1:]
		}
		switch name {
		case "--page":
			e.page = value
		case "--secret-file":
			e.secret, err = readAccessSecret(value)
		case "--client-secret-file":
			e.clientSecret, err = readAccessSecret(value)
		}
		if err != nil {
			return e, nil, fmt.Errorf("cannot use the file of %s: %w", name, err)
		}
	}
	return e, rest, nil
}

func readAccessSecret(path string) (string, error) {
	text, err := config.SecretFile(path).Read()
	if err == nil && (len(text) == 0 || len(text) > protocol.MaxSecret || strings.Contains(string(text), "\n")) {
		err = errors.New("it must hold one line with the passphrase or the token")
	}
	return string(text), err
}
