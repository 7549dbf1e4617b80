package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// release is the version of a release. The linker sets it, see ci/build.sh.
var release string

// version returns the version of this build.
func version() string {
	built := cmp.Or(release, "unknown")
	if info, ok := debug.ReadBuildInfo(); ok {
		built = cmp.Or(release, info.Main.Version)
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				built = cmp.Or(release, "development") + " (" + setting.Value + ")"
			}
		}
	}
	return "intercessor " + built + " " + runtime.Version()
}
