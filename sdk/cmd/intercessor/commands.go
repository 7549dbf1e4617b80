package main

import "math"

// several is the most operands of a command that takes any number.
const several = math.MaxInt

// commands returns all commands, in the order of the help.
func commands() []command {
	return []command{
		{"chat", "[LINK]", 0, 1, "chat in the room LINK, or in a new one", chatDetails, unasked, command.roomFlags, chatIn},
		{"listen", "", 0, 0, "start a room, print its link and chat with all who join", chatDetails, unasked, command.roomFlags, listen},
		{"dial", "LINK", 1, 1, "join a room and chat", chatDetails, unasked, command.roomFlags, dial},
		{"pipe", "[LINK]", 0, 1, "carry standard input to the other side's standard output, both ways", pipeDetails, "", command.peerFlags, pipe},
		{"send", "FILE... [LINK]", 1, several, "send files, folders, or standard input (-)", sendDetails, "", command.sendFlags, send},
		{"receive", "[LINK]", 0, 1, "receive what one side sends, and print the path of each file", receiveDetails, "the `FOLDER` for the files, or - for standard output; the current folder by default", command.receiveFlags, receive},
		{"expose", "TARGET... [LINK]", 1, several, "let the other side reach TCP ports from here, and nothing else", exposeDetails, "", command.peerFlags, expose},
		{"forward", "[PORT:]TARGET... [LINK]", 1, several, "open ports here that lead to what the other side exposes", forwardDetails, "", command.peerFlags, forward},
		{"doctor", "URL", 1, 1, "examine the relay at URL step by step, and say what to change", "", "", command.doctorFlags, examine},
		{"completion", "SHELL", 1, 1, "print a script that completes command lines in bash, zsh or fish", completionDetails, "", command.noFlags, completion},
	}
}

const unasked = "take files into `FOLDER` without asking, 1 GiB in all; otherwise you are asked about each, and without a terminal all are refused"

const chatDetails = `
Piped input is sent line by line and unchanged. Commands work only on a terminal. A guest leaves at the
end of its input, once the outcome of every line is known. A host stays until it is interrupted, and
keeps piped input until someone is in the room.`

const pipeDetails = `
The bytes arrive as they are. The end of standard input closes one direction only, as with TCP. The
command ends when both directions are closed and the other side has read everything. If standard input
is a terminal, it ends with the other direction. The link is printed on standard error. Only one peer
can use a pipe. It survives the loss of a path or of the relay, but not of a program.`

const sendDetails = `
Each file is checked by its hash. When the receiver is interrupted, send waits for it to come back, and
each file goes on from what is there. To start anew yourself, give the same command; with --identity the
link stays the same. Of a folder the regular files are sent with their times, not permissions, links and
empty folders. Standard input is first kept in a temporary file. --keep serves many receivers at once.`

const receiveDetails = `
You are asked before anything is taken, unless --yes. Nothing is overwritten: a second photo.jpg becomes
photo (2).jpg, and a file that is there already is not sent again. What came of a file whose transfer
broke stays for a week in the folder, as .intercessor-….part. Receive it again in that folder, and it
goes on from there. With --into - the link and all else are printed on standard error.`

const completionDetails = `
    bash:  source <(intercessor completion bash)         # in ~/.bashrc
    zsh:   source <(intercessor completion zsh)          # in ~/.zshrc, behind compinit
    fish:  intercessor completion fish | source          # in ~/.config/fish/config.fish`

const exposeDetails = `
TARGET is HOST:PORT, as this machine reaches it, or PORT for one of this machine. The other side runs
intercessor forward. It can reach the targets that stand here, and nothing else. Without LINK any number
of peers can join, until the command is interrupted.`

const forwardDetails = `
8080:localhost:80 opens 127.0.0.1:8080 here. It leads to localhost:80 as the other side reaches it, if
it exposes that under the same name. 8080:80 is the same, and 80 also opens port 80 here. Port 0 is a
free one. ADDRESS:8080:localhost:80 listens on another address than 127.0.0.1: others can then use it.
The other side runs intercessor expose. If it is lost, connections end, and new ones work when it is back.`
