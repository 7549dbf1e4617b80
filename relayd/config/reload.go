package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Reload returns the configuration of a relay that runs with c, read from was, and takes
// from next, read from is, the keys that can change while it runs. Changed names the keys
// that change, waiting those that differ and need a restart.
//
// A reload must not open the relay by accident, and a file that was emptied or cut says less
// than it did. So the error names each key that would fall back to its default because the
// file no longer sets it, and each key with the tag keep that became empty. It also names contradictions
// between what changes and what stays.
func (c *Config) Reload(next *Config, was, is Sources) (merged *Config, changed, waiting []string, err error) {
	merged = new(Config)
	*merged = *c
	var gone, emptied []string
	from, into := reflect.ValueOf(next).Elem(), reflect.ValueOf(merged).Elem()
	for i := range ours.keys {
		k := &ours.keys[i]
		old, now := into.FieldByIndex(k.index), from.FieldByIndex(k.index)
		switch {
		case reflect.DeepEqual(old.Interface(), now.Interface()):
		case was[k.name] != byDefault && is[k.name] == byDefault:
			gone = append(gone, k.called())
		case k.keep && now.IsZero():
			emptied = append(emptied, k.called())
		case k.reload:
			old.Set(now)
			changed = append(changed, k.called())
		default:
			waiting = append(waiting, k.called())
		}
	}
	var faults []error
	if gone != nil {
		faults = append(faults, fmt.Errorf("the file no longer sets %s; a file that was cut looks the same, so set each to the value that it should have, or restart relayd", strings.Join(gone, ", ")))
	}
	if emptied != nil {
		faults = append(faults, fmt.Errorf("%s became empty, which would let more peers in; restart relayd if that is meant", strings.Join(emptied, ", ")))
	}
	return merged, changed, waiting, errors.Join(append(faults, ours.check(merged, nil))...)
}
