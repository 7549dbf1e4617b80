package config

import "github.com/pelletier/go-toml/v2/unstable"

// lines returns the line of each key and section of a TOML text. Only the library's
// unstable package has positions; the values come from the stable one.
func lines(text []byte) map[string]int {
	at := make(map[string]int)
	var parser unstable.Parser
	parser.Reset(text)
	walk := func(in string, node *unstable.Node) string {
		for it := node.Key(); it.Next(); {
			in = join(in, string(it.Node().Data))
			if at[in] == 0 {
				at[in] = parser.Shape(it.Node().Raw).Start.Line
			}
		}
		return in
	}
	var keyValue func(in string, node *unstable.Node)
	keyValue = func(in string, node *unstable.Node) {
		in = walk(in, node)
		if node.Value().Kind != unstable.InlineTable {
			return
		}
		for it := node.Value().Children(); it.Next(); {
			keyValue(in, it.Node())
		}
	}
	section := ""
	for parser.NextExpression() {
		switch node := parser.Expression(); node.Kind {
		case unstable.Table, unstable.ArrayTable:
			section = walk("", node)
		case unstable.KeyValue:
			keyValue(section, node)
		}
	}
	return at
}
