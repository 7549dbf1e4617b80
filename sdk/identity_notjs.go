//go:build !js

package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// identity is released when the session ends: its file, if it has one.
type identity struct{ file *signaling.File }

func (i identity) close() {
	if i.file != nil {
		_ = i.file.Close()
	}
}

// dial opens the session that the options ask for.
func (o *Options) dial(ctx context.Context, url string) (*signaling.Session, identity, error) {
	var i identity
	options := &signaling.Options{Secret: o.Secret}
	options.HTTPClient = o.HTTPClient
	if o.IdentityFile != "" {
		file, err := signaling.OpenFile(o.IdentityFile)
		if err != nil {
			return nil, i, err
		}
		i.file, options.Store = file, file
	}
	s, err := signaling.Open(ctx, url, options)
	if err != nil {
		i.close()
	}
	return s, i, err
}
