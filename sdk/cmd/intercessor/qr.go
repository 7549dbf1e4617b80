package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mdp/qrterminal/v3"
	"golang.org/x/term"

	"github.com/sebas642/intercessor/sdk"
)

// printLink prints how to join a room, on a terminal also as a QR code.
func (inv *invocation) printLink(out io.Writer, ln *sdk.Listener) {
	link := pageLink(ln.ClientURL())
	if inv.json {
		inv.object(event{Event: "link", ID: ln.ID(), Client: ln.ClientURL(), Link: link, Reach: string(reachOf(link))})
		return
	}
	if isTerminal(out) && !inv.quiet {
		width, _, err := term.GetSize(int(out.(*os.File).Fd()))
		if code := qrCode(link); err == nil && utf8.RuneCountInString(firstLine(code)) <= width {
			fmt.Fprintf(out, "\n%s\n", inverted(code))
		}
	}
	fmt.Fprintf(out, "ID:     %s\nclient: %s\nlink:   %s\n", ln.ID(), ln.ClientURL(), link)
	inv.tell(event{}, "%s", reachOf(link).sentence())
}

func qrCode(text string) string {
	var code strings.Builder
	qrterminal.GenerateWithConfig(text, qrterminal.Config{
		Level: qrterminal.L, Writer: &code, QuietZone: 2, HalfBlocks: true,
		BlackChar: " ", WhiteChar: "█", BlackWhiteChar: "▄", WhiteBlackChar: "▀",
	})
	return code.String()
}

// inverted sets the code's colours independent of the terminal's, unless $NO_COLOR forbids it:
// many cameras cannot read a code with exchanged colours.
func inverted(code string) string {
	if os.Getenv("NO_COLOR") != "" {
		return code
	}
	const paint, reset = "\x1b[97;40m", "\x1b[0m"
	lines := strings.Split(strings.TrimRight(code, "\n"), "\n")
	return paint + strings.Join(lines, reset+"\n"+paint) + reset + "\n"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
