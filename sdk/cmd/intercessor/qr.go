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

// printLink prints how to join a room, on a terminal also as a QR code.
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

// inverted sets the code's colours independent of the terminal's: many cameras cannot read
// a code with exchanged colours.
func inverted(code string) string {
	const paint, reset = "\x1b[97;40m", "\x1b[0m"
	lines := strings.Split(strings.TrimRight(code, "\n"), "\n")
	return paint + strings.Join(lines, reset+"\n"+paint) + reset + "\n"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// onlyHere reports whether the link's host is a loopback address.
func onlyHere(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}
