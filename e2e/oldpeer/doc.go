// Package oldpeer builds and runs peers of the SDK from before there were paths and byte streams,
// native and for browsers, from the repository's history.
package oldpeer
