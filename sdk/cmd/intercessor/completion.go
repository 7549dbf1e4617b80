package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
)

// completeCommand is the hidden command that the scripts call: with the words of a command line
// behind the program, up to the one that is being typed. It prints what that may become, one a
// line. Shells look for files if it prints nothing.
const completeCommand = "__complete"

var completionScripts = map[string]string{
	"bash": `_intercessor() {
	local IFS=$'\n'
	COMPREPLY=($(compgen -W "$("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$2"))
}
complete -o default -F _intercessor intercessor
`,
	"zsh": `#compdef intercessor
_intercessor() {
	local -a found
	found=(${(f)"$($words[1] __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
	if (( $#found )); then compadd -a found; else _files; fi
}
compdef _intercessor intercessor
`,
	"fish": `function __intercessor
	set -l words (commandline -opc)
	$words[1] __complete $words[2..] (commandline -ct) 2>/dev/null
end
complete -c intercessor -a '(__intercessor)'
`,
}

var shells = []string{"bash", "fish", "zsh"}

// completion prints the script with which a shell completes command lines.
func completion(_ context.Context, inv *invocation) error {
	script, ok := completionScripts[inv.operands[0]]
	if !ok {
		return usageError{fmt.Sprintf("there is no completion for %s", inv.operands[0]), "it is there for " + strings.Join(shells, ", ")}
	}
	_, err := fmt.Fprint(inv.out, script)
	return err
}

func (c command) noFlags(*flag.FlagSet, *invocation) {}

// complete returns what the last word may become. Nothing means files.
func complete(words []string) (found []string) {
	if len(words) == 0 {
		return nil
	}
	names := []string{"help", "version"}
	of := map[string]command{}
	for _, c := range commands() {
		names = append(names, c.name)
		of[c.name] = c
	}
	typed := words[len(words)-1]
	c, ok := of[words[0]]
	switch {
	case len(words) == 1, words[0] == "help":
		found = names
	case !ok:
	case c.name == "completion":
		found = shells
	default:
		found = c.completeFlag(words[1:len(words)-1], typed)
	}
	found = slices.DeleteFunc(found, func(name string) bool { return !strings.HasPrefix(name, typed) })
	slices.Sort(found)
	return found
}

// completeFlag returns the flags of a command, or the values of the one that stands before.
func (c command) completeFlag(before []string, typed string) (found []string) {
	if slices.Contains(before, "--") {
		return nil
	}
	if n := len(before); n > 0 && strings.TrimLeft(before[n-1], "-") == "path" {
		return []string{"auto", "direct", "relay"}
	}
	if !strings.HasPrefix(typed, "-") {
		return nil
	}
	c.flagSet(&invocation{}).VisitAll(func(f *flag.Flag) { found = append(found, "--"+f.Name) })
	return found
}
