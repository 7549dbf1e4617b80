package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
)

// pipedLines reads piped input, byte for byte without the line feed after each line. The last
// line need not have one. A line that cannot be sent unchanged is an error.
func pipedLines(in io.Reader) func() (string, error) {
	lines, number := bufio.NewReaderSize(in, maxText+1), 0
	return func() (string, error) {
		number++
		line, err := lines.ReadSlice('\n')
		text, ended := strings.CutSuffix(string(line), "\n")
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return "", fmt.Errorf("line %d of standard input is longer than %s, the most that one message holds; intercessor send sends it as a file", number, humanize.IBytes(maxText))
		case err != nil && err != io.EOF:
			return "", fmt.Errorf("standard input cannot be read: %w", err)
		case !ended && text == "":
			return "", io.EOF
		case !utf8.ValidString(text) || strings.Contains(text, "\x00"):
			return "", fmt.Errorf("line %d of standard input is not text (UTF-8 without NUL); intercessor send sends it as a file", number)
		}
		return text, nil
	}
}
