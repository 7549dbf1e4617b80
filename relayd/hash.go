package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/textfile"
	"golang.org/x/term"
)

// hashCommand prints the hash of a passphrase, for the configuration. A passphrase is
// never an argument: other users could see it, and the shell would keep it.
func hashCommand(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "relayd: hash takes no arguments: type the passphrase when it asks, or send it to its standard input")
		return 2
	}
	passphrase, err := readPassphrase(stdin, stderr)
	var hash string
	if err == nil {
		hash, err = access.HashPassphrase(passphrase)
	}
	if err != nil {
		fmt.Fprintln(stderr, "relayd:", err)
		return 1
	}
	fmt.Fprintln(stdout, hash)
	return 0
}

// readPassphrase reads one line: from a terminal twice and without showing it, from
// anything else once.
func readPassphrase(stdin io.Reader, stderr io.Writer) (string, error) {
	file, ok := stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(stdin, protocol.MaxSecret+2)).ReadString('\n')
		if err != nil && err != io.EOF {
			return "", err
		}
		passphrase := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if len(passphrase) > protocol.MaxSecret {
			return "", fmt.Errorf("the passphrase is longer than %d bytes, which no peer can send", protocol.MaxSecret)
		}
		return passphrase, textfile.Check("the passphrase", []byte(passphrase))
	}
	fmt.Fprint(stderr, "Passphrase: ")
	first, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(stderr)
	if err != nil {
		return "", err
	}
	fmt.Fprint(stderr, "The same again: ")
	second, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(stderr)
	switch {
	case err != nil:
		return "", err
	case !bytes.Equal(first, second):
		return "", errors.New("the passphrases differ")
	}
	return string(first), nil
}
