package config

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
)

// ErrHelp is Load's error where the arguments ask for help.
var ErrHelp = pflag.ErrHelp

// flags returns the settings of the arguments.
func (s *schema) flags(args []string) ([]setting, error) {
	given := make(map[*key][]string)
	set := pflag.NewFlagSet("relayd", pflag.ContinueOnError)
	set.Usage = func() {} // the caller prints the help
	for i := range s.keys {
		if k := &s.keys[i]; k.flag != "" {
			k.addTo(set, func(text string) { given[k] = append(given[k], text) })
		}
	}
	err := set.Parse(args)
	var missing *pflag.NotExistError
	switch {
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() != "":
		err = errors.New(unknown("flag", missing.GetSpecifiedShortnames(), "-", nil) + "; flags begin with two dashes")
	case errors.As(err, &missing):
		err = errors.New(unknown("flag", missing.GetSpecifiedName(), "--", s.names(flagName)))
	case err == nil && set.NArg() > 0:
		err = fmt.Errorf("%q is no flag; `relayd help` lists them", set.Arg(0))
	}
	var all []setting
	for i := range s.keys {
		if k := &s.keys[i]; given[k] != nil {
			all = append(all, setting{key: k, texts: given[k], source: "--" + k.flag})
		}
	}
	return all, err
}

// addTo adds the key to a set of flags.
func (k *key) addTo(set *pflag.FlagSet, keep func(string)) {
	doc := k.doc
	if k.list() {
		doc += " May be repeated."
	}
	flag := set.VarPF(flagValue{k, keep}, k.flag, "", doc)
	flag.DefValue = k.fallback
	if k.boolean() {
		flag.NoOptDefVal = "true" // --tls-self-signed alone
	}
}

// flagValue implements [pflag.Value].
type flagValue struct {
	key  *key
	keep func(string)
}

func (v flagValue) String() string { return "" }

func (v flagValue) Set(text string) error {
	v.keep(text)
	return nil
}

func (v flagValue) Type() string { return v.key.arg }
