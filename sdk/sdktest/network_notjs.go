//go:build !js

package sdktest

import (
	"context"

	"github.com/pion/transport/v5"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// WithNetwork returns a context for sdk.Dial and sdk.Listen with which their direct paths have
// their sockets on another network than that of this host.
func WithNetwork(ctx context.Context, network transport.Net) context.Context {
	return rtc.WithNetwork(ctx, network)
}
