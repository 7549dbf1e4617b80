package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/resume"
)

// notBefore is the latest time of which it is known that it has gone by: a key was written
// then, or the commit was made of which this program was built.
func notBefore(c *config.Config) time.Time {
	latest := resume.Epoch
	later := func(t time.Time) {
		if t.After(latest) {
			latest = t
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.time" {
				t, _ := time.Parse(time.RFC3339, setting.Value) // or the zero time
				later(t)
			}
		}
	}
	for _, file := range keyFiles(c) {
		later(written(file))
	}
	return latest
}

// written is when a file was written, the zero time if that cannot be known.
func written(file config.SecretFile) time.Time {
	info, err := os.Stat(string(file))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
