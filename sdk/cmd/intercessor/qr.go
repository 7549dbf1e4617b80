package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mdp/qrterminal/v3"
	"golang.org/x/term"

	"github.com/sebas642/intercessor/sdk"
)

// printLink shows how to get into a room: for people, on a terminal, as a QR code too.
func printLink(std stdio, ln *sdk.Listener) {
	link := pageLink(ln.ClientURL())
	if isTerminal(std.out) {
		width, _, err := term.GetSize(int(std.out.(*os.File).Fd()))
		if code := qrCode(link); err == nil && utf8.RuneCountInString(firstLine(code)) <= width {
			fmt.Fprintf(std.out, "\n%s\n", inverted(code))
		}
	}
	fmt.Fprintf(std.out, "ID:     %s\nclient: %s\nlink:   %s\n", ln.ID(), ln.ClientURL(), link)
	if onlyHere(link) {
		fmt.Fprintln(std.err, "This link works on this machine only, because the relay listens on loopback.")
	}
}

func qrCode(text string) string {
	var code strings.Builder
	qrterminal.GenerateWithConfig(text, qrterminal.Config{
		Level: qrterminal.L, Writer: &code, QuietZone: 2, HalfBlocks: true,
		BlackChar: " ", WhiteChar: "█", BlackWhiteChar: "▄", WhiteBlackChar: "▀",
	})
	return code.String()
}

// inverted paints white on black whatever colours the terminal has: a code with
// its colours exchanged is one that many cameras do not read.
func inverted(code string) string {
	const paint, reset = "\x1b[97;40m", "\x1b[0m"
	lines := strings.Split(strings.TrimRight(code, "\n"), "\n")
	return paint + strings.Join(lines, reset+"\n"+paint) + reset + "\n"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// onlyHere says whether an address means the machine that reads it.
func onlyHere(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}
