package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// maxSkew is by how much clocks may differ. A JWT is refused beyond it.
const maxSkew = 30 * time.Second

// A skew is by how much the relay's clock is ahead of this machine's.
type skew struct {
	known bool
	ahead time.Duration
	by    string // the server that told the time, if it names itself
}

// newSkew compares the Date of an answer, which is cut to a second, with the middle of the
// time in which it came.
func newSkew(response *http.Response, began, ended time.Time) skew {
	told, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return skew{}
	}
	middle := began.Add(ended.Sub(began) / 2)
	return skew{known: true, ahead: told.Add(time.Second / 2).Sub(middle.Round(0)), by: response.Header.Get("Server")}
}

// compareClocks compares the clock of what answers HTTP with this machine's.
func (v *visit) compareClocks(context.Context) Result {
	if !v.date.known {
		return Passed("the relay does not tell the time")
	}
	off, direction := v.date.ahead.Round(time.Second), "ahead of"
	if off < 0 {
		off, direction = -off, "behind"
	}
	if off <= maxSkew {
		return Passed("the clocks agree within %v", max(off, time.Second))
	}
	whose := "the relay's machine"
	if v.date.by != "" {
		whose = "the machine that answers HTTP (" + v.date.by + ")"
	}
	return Fail(fmt.Sprintf("the clock of %s is %v %s this machine's, so JWTs and the credentials of an external TURN server may be refused", whose, off, direction),
		"compare both with a third clock, and set the wrong one with NTP (timedatectl set-ntp true)")
}
