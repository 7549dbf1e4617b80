//go:build linux

package command

import (
	"fmt"
	"io"
	"slices"
)

// help lists the modes, or the flags of one.
func (c Command) help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		list := ""
		for _, m := range c.Modes {
			list += fmt.Sprintf("  %-9s %s\n", m.Name, m.About)
		}
		fmt.Fprintf(stdout, c.Usage, list)
		return 0
	}
	m, ok := c.mode(args[0])
	if !ok {
		fmt.Fprintf(stderr, "%s: there is no mode %q; `%s help` lists them\n", c.Name, args[0], c.Name)
		return 2
	}
	fmt.Fprintf(stdout, "%s %s: %s\n\n", c.Name, m.Name, m.About)
	flags, _, _ := c.flags(m)
	flags.SetOutput(stdout)
	flags.PrintDefaults()
	return 0
}

func (c Command) mode(name string) (Mode, bool) {
	i := slices.IndexFunc(c.Modes, func(m Mode) bool { return m.Name == name })
	if i < 0 {
		return Mode{}, false
	}
	return c.Modes[i], true
}
