package procproof

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/prove/daemon"
)

// build is relayd's, in a folder for what one run makes.
var build *daemon.Build

func TestMain(m *testing.M) {
	if text := os.Getenv(peerVariable); text != "" {
		os.Exit(runPeer(text))
	}
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "intercessor-prove-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		build = daemon.NewBuild(folder)
		return m.Run()
	}())
}
