package tab

import (
	"strings"
	"sync"
	"testing"
)

// A Console collects what a page reports. An error or a warning fails the test at its end, but
// for those that contain one of the allowed texts.
type Console struct {
	t       testing.TB
	allowed []string

	mu         sync.Mutex
	unexpected []string // guarded by mu
}

// NewConsole returns the console of a page. Check must be called after the last Hear.
func NewConsole(t testing.TB, allowed []string) *Console { return &Console{t: t, allowed: allowed} }

// Hear records a line of the console. bad says that it is an error or a warning.
func (c *Console) Hear(line string, bad bool) {
	for _, text := range c.allowed {
		if strings.Contains(line, text) {
			return
		}
	}
	c.t.Logf("the page's console: %s", line)
	if bad {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.unexpected = append(c.unexpected, line)
	}
}

func (c *Console) Check() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range c.unexpected {
		c.t.Errorf("the page's console: %s", line)
	}
}
