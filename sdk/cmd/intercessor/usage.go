package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const usageHead = `Intercessor introduces two peers and lets them talk: this is a peer on the terminal.

Usage:

`

const usageTail = `
A LINK is what listen prints: the page's, http://HOST/#ID, or a client's, ws://HOST/client/ID;
an ID alone means the room of that ID on the relay of --relay. An ID of words may be written as it is
said: "apple pie …".

Try it, with a relay on this machine (make run):

    $ intercessor listen                               # prints a LINK, also as a QR code
    $ intercessor dial LINK                            # in another terminal; or open LINK in a browser

    $ intercessor send photo.jpg                       # prints a LINK and waits
    $ intercessor receive LINK                         # writes ./photo.jpg

What is piped into listen and dial is said line by line, as it is; commands are for terminals. dial
leaves at the end of its input, when it is known what became of every line. listen stays until it is
ended, and keeps what is piped in until somebody is here. The exit code is 0 if everything that was
said was delivered and no file was left without a receipt.

"intercessor help COMMAND" lists the flags of a command, "intercessor --version" prints the version.
`

func printUsage(w io.Writer) {
	fmt.Fprint(w, usageHead)
	for _, c := range commands() {
		fmt.Fprintf(w, "    %-32s %s\n", c.usage(), c.summary)
	}
	fmt.Fprint(w, usageTail)
}

func (c command) printHelp(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\n%s.\n\nFlags:\n\n", c.usage(), strings.ToUpper(c.summary[:1])+c.summary[1:])
	flags.VisitAll(func(f *flag.Flag) {
		value, meaning := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "    --%-19s %s", f.Name+" "+value, meaning)
		if f.DefValue != "" {
			fmt.Fprintf(w, " (%s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}
