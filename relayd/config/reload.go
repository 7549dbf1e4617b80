package config

import "reflect"

// Reload gives the configuration of a relay that runs with c and is to take what
// next says of the keys that can change while it runs; nobody is cut for that.
// Changed are the names of those that do change, and waiting of those for which
// next says something else, but that need a restart. The error is a contradiction
// between what changes and what stays.
func (c *Config) Reload(next *Config) (merged *Config, changed, waiting []string, err error) {
	merged = new(Config)
	*merged = *c
	from, into := reflect.ValueOf(next).Elem(), reflect.ValueOf(merged).Elem()
	for i := range ours.keys {
		k := &ours.keys[i]
		old, now := into.FieldByIndex(k.index), from.FieldByIndex(k.index)
		switch {
		case reflect.DeepEqual(old.Interface(), now.Interface()):
		case k.reload:
			old.Set(now)
			changed = append(changed, k.called())
		default:
			waiting = append(waiting, k.called())
		}
	}
	return merged, changed, waiting, ours.check(merged, nil)
}
