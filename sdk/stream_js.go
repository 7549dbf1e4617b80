package sdk

// errDeadline is the error of a call whose deadline is past.
var errDeadline error = timeout{}

// timeout is like the error of os.ErrDeadlineExceeded: package os is too large for a page.
type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }
