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
		{"send", "FILE [LINK]", 1, 2, "send one file to the room LINK, or to the first guest", "", "", command.peerFlags, send},
		{"receive", "[LINK]", 0, 1, "receive one file from the room LINK, or from the first guest", "", "the `FOLDER` for the file; the current one by default", command.peerFlags, receive},
		{"expose", "TARGET... [LINK]", 1, several, "let the other side reach TCP ports from here, and nothing else", exposeDetails, "", command.peerFlags, expose},
		{"forward", "[PORT:]TARGET... [LINK]", 1, several, "open ports here that lead to what the other side exposes", forwardDetails, "", command.peerFlags, forward},
		{"doctor", "URL", 1, 1, "examine the relay at URL step by step, and say what to change", "", "", command.doctorFlags, examine},
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

const exposeDetails = `
TARGET is HOST:PORT, as this machine reaches it, or PORT for one of this machine. The other side runs
intercessor forward. It can reach the targets that stand here, and nothing else. Without LINK any number
of peers can join, until the command is interrupted.`

const forwardDetails = `
8080:localhost:80 opens 127.0.0.1:8080 here. It leads to localhost:80 as the other side reaches it, if
it exposes that under the same name. 8080:80 is the same, and 80 also opens port 80 here. Port 0 is a
free one. ADDRESS:8080:localhost:80 listens on another address than 127.0.0.1: others can then use it.
The other side runs intercessor expose. If it is lost, connections end, and new ones work when it is back.`
