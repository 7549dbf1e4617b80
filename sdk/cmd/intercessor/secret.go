package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// readSecret reads a file that holds a secret on one line, or returns "" if path is "". It
// refuses a file that others can read. The group may read it, because a service's user often
// gets a file that way.
func readSecret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", usageError{problem: fmt.Sprintf("the secret cannot be read: %v", err)}
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 && runtime.GOOS != "windows" && info.Mode().IsRegular() {
		return "", usageError{fmt.Sprintf("others can read or write %s, which holds a secret", path), "chmod 600 " + path}
	}
	text, err := io.ReadAll(io.LimitReader(file, protocol.MaxSecret+2))
	if err != nil {
		return "", err
	}
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) { // the mark would become part of the secret
			return "", usageError{problem: path + " begins with a byte order mark; save it as UTF-8 without one"}
		}
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" || len(secret) > protocol.MaxSecret || strings.Contains(secret, "\n") {
		return "", usageError{problem: fmt.Sprintf("%s must hold one line of 1 to %d bytes: the secret", path, protocol.MaxSecret)}
	}
	return secret, nil
}
