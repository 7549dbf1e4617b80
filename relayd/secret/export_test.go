//go:build unix

package secret

// Exposes is the rule without a file: a test cannot make one that is another user's.
var Exposes = exposesMode
