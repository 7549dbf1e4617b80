package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const usageHead = `Intercessor connects peers through a relay. This program is a peer on the terminal.

Usage:

`

const usageTail = `
A LINK is what listen prints: the page's, http://HOST/#ID, or a client's, ws://HOST/client/ID.
An ID alone means the room with that ID on the relay of --relay. An ID of words may be written with
spaces: "apple pie …".

Try it, with a relay on this machine (make run):

    $ intercessor listen                               # prints a LINK, also as a QR code
    $ intercessor dial LINK                            # in another terminal; or open LINK in a browser

    $ intercessor send photo.jpg                       # prints a LINK and waits
    $ intercessor receive LINK                         # writes ./photo.jpg

A file goes over the relay until there is a direct path, and again when there is none any more; --path
says otherwise. What came of a file whose transfer broke stays for a week in the folder, as
.intercessor-….part. Send the file again into that folder, and it goes on from there.

listen and dial send piped input line by line and unchanged. Commands work only on a terminal. dial
leaves at the end of its input, once the outcome of every line is known. listen stays until it is
interrupted, and keeps piped input until someone is in the room. The exit code is 0 if every line was
delivered and every file has a receipt.

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
