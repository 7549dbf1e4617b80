package network_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/netspace"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(peerVariable); url != "" {
		fmt.Fprintln(os.Stderr, runPeer(url))
		os.Exit(1)
	}
	os.Exit(netspace.Main(m))
}
