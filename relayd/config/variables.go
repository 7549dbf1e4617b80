package config

import (
	"errors"
	"strings"
)

// variables returns the settings of the environment. An empty variable counts as unset.
func (s *schema) variables(environ []string) ([]setting, error) {
	var all []setting
	var faults []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		k := s.find(func(k *key) bool { return k.variable == name })
		if k == nil {
			faults = append(faults, errors.New(unknown("variable", name, "", s.names(variableName))))
			continue
		}
		if value == "" {
			continue
		}
		all = append(all, setting{key: k, texts: k.apart(value), source: name})
	}
	return all, errors.Join(faults...)
}
