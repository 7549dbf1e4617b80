//go:build unix && !linux

package wsconn

// On this platform a reader always reads once more before it waits.
type hangups struct{}

type watch struct{}

func (*hangups) watch(*readiness) bool { return false }

func (*hangups) close() {}

func (*readiness) unwatch() {}
