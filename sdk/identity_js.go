package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// identity is what a session needs for as long as it lives. On js that is nothing: the
// page holds its own lock.
type identity struct{}

func (identity) close() {}

func (o *Options) dial(ctx context.Context, url string) (*signaling.Session, identity, error) {
	s, err := signaling.Open(ctx, url, &signaling.Options{Store: o.Identity, Secret: o.Secret})
	return s, identity{}, err
}
