package main

import (
	"flag"
	"fmt"
	"io"
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

"intercessor help COMMAND" lists the flags of a command.
`

func printUsage(w io.Writer) {
	fmt.Fprint(w, usageHead)
	for _, c := range commands() {
		fmt.Fprintf(w, "    %-32s %s\n", c.usage(), c.summary)
	}
	fmt.Fprint(w, usageTail)
}

func (c command) printHelp(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\nIt is there to %s.\n\nFlags:\n\n", c.usage(), c.summary)
	flags.VisitAll(func(f *flag.Flag) {
		value, meaning := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "    --%-16s %s", f.Name+" "+value, meaning)
		if f.DefValue != "" {
			fmt.Fprintf(w, " (%s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}
