package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const usageHead = `Intercessor connects two programs or people through a relay, and directly where there is a path.

Usage:

`

const usageTail = `
A command without LINK starts a room and prints its LINK. With LINK it joins that room. So either side
may start, and the other side gets the LINK. These belong together: send and receive, expose and
forward, pipe and pipe, chat and chat. The page that relayd serves chats, sends and receives too.

Try it, with a relay on this machine (make run):

    $ intercessor send photo.jpg notes/                # prints a LINK and waits
    $ intercessor receive LINK                         # in another terminal; or open LINK in a browser

    $ tar c work | intercessor pipe                    # prints a LINK on standard error
    $ intercessor pipe LINK | tar x

    $ intercessor expose 80                            # others may reach port 80 here, and nothing else
    $ intercessor forward 8080:80 LINK                 # http://127.0.0.1:8080 is that port

A LINK is the page's, http://HOST/#ID, or a client's, ws://HOST/client/ID. An ID alone means the room
with that ID on the relay of --relay. An ID of words may be written with spaces: "apple pie …".
Anyone who has the LINK can join: treat it like a password.

Exit codes:

    0    success: every file has a receipt, every line was delivered, the pipe was read to its end
    1    failure
    2    mistake in the command line, or doctor could not try each step
    3    a side declined or refused what was offered
    4    the link leads to no room, or its host is not there
    130  interrupted

pipe also ends with the code with which the program at the other end has closed it, 1 to 255.

"intercessor help COMMAND" says more about a command and lists its flags, "intercessor --version" prints
the version.
`

func printUsage(w io.Writer) {
	fmt.Fprint(w, usageHead)
	for _, c := range commands() {
		fmt.Fprintf(w, "    %-36s %s\n", c.usage(), c.summary)
	}
	fmt.Fprint(w, usageTail)
}

func (c command) printHelp(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\n%s.\n", c.usage(), strings.ToUpper(c.summary[:1])+c.summary[1:])
	if c.details != "" {
		fmt.Fprintf(w, "\n%s\n", strings.Trim(c.details, "\n"))
	}
	heading := "\nFlags:\n\n"
	flags.VisitAll(func(f *flag.Flag) {
		fmt.Fprint(w, heading)
		heading = ""
		value, meaning := flag.UnquoteUsage(f)
		if isSwitch(f) {
			value = ""
		}
		fmt.Fprintf(w, "    --%-21s %s", strings.TrimSpace(f.Name+" "+value), meaning)
		if f.DefValue != "" && !isSwitch(f) {
			fmt.Fprintf(w, " (%s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}

// isSwitch reports whether a flag takes no value.
func isSwitch(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
