package main

import (
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/schema"
)

// readSchemas compiles the schemas of the configuration and returns the function that
// validates messages; nil if there are none.
func readSchemas(c config.Schemas) (relay.Check, error) {
	if c.Folder == "" && !c.Builtin {
		return nil, nil
	}
	set, err := schema.New(schema.Options{
		Folder:        c.Folder,
		Builtin:       c.Builtin,
		RefuseUnknown: c.Unknown == "refuse",
		MaxMessage:    int(c.MaxMessage),
	})
	if err != nil {
		return nil, err
	}
	return func(typ, message []byte, part bool) *relay.Objection {
		refused := set.Check(typ, message, part)
		if refused == nil {
			return nil
		}
		return &relay.Objection{Path: refused.Path, Keyword: refused.Keyword, Close: c.Refused == "close"}
	}, nil
}
