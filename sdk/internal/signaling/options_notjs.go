//go:build !js

package signaling

import "net/http"

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
	// HTTPClient opens the WebSockets: a proxy, certificates, another network. Its
	// Timeout must be zero. http.DefaultClient if nil.
	HTTPClient *http.Client
}
