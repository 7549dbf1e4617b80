package sdk

import "context"

// Passphrase returns an Options.Secret that always returns text.
func Passphrase(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

// check returns a copy of the options, or an error if they can never work.
func (o *Options) check(ctx context.Context) (Options, error) {
	var checked Options
	if o != nil {
		checked = *o
	}
	switch checked.Paths {
	case "", PathsAuto, PathsRelay, PathsDirect:
	default:
		return Options{}, invalid(`Options.Paths is "auto", "relay", "direct" or ""`)
	}
	for _, s := range forPath(checked.ICEServers) {
		if err := s.Check(); err != nil {
			return Options{}, invalid(err.Error())
		}
	}
	checked.heed(ctx)
	return checked, nil
}
