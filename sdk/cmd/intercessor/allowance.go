package main

import (
	"errors"
	"math"
	"sync"
)

var errNoAllowance = errors.New("it exceeds what this side accepts without asking")

// An allowance is how many bytes of files may still be stored without asking. It counts
// received bytes, not announced ones. nil has no limit.
type allowance struct {
	mu   sync.Mutex
	left int64
}

// spend takes n bytes from the allowance. A negative n gives bytes back.
func (a *allowance) spend(n int64) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > a.left {
		return errNoAllowance
	}
	a.left -= n
	return nil
}

func (a *allowance) rest() int64 {
	if a == nil {
		return math.MaxInt64
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left
}

// A meter spends an allowance on the content of one file.
type meter struct {
	allowance *allowance
	spent     int64
}

func (m *meter) Write(p []byte) (int, error) {
	if err := m.allowance.spend(int64(len(p))); err != nil {
		return 0, err
	}
	m.spent += int64(len(p))
	return len(p), nil
}
