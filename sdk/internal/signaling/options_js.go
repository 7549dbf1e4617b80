package signaling

// PlatformOptions is what only one platform can be told. On js that is nothing.
type PlatformOptions struct{}
