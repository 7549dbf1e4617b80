package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// identity is released when the session ends. On js it is empty: the page holds its own lock.
type identity struct{}

func (identity) close() {}

func (o *Options) dial(ctx context.Context, url string) (*signaling.Session, identity, error) {
	s, err := signaling.Open(ctx, url, &signaling.Options{Store: o.Identity, Secret: o.Secret, PlatformOptions: signaling.PlatformOptions{WebSocket: o.WebSocket}})
	return s, identity{}, err
}
