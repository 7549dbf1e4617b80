package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/resume"
)

// notBefore returns a time that is certainly past: when a key was written, or when this
// program's commit was made, whichever is later.
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

// written returns a file's modification time, or the zero time if it is unknown.
func written(file config.SecretFile) time.Time {
	info, err := os.Stat(string(file))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
