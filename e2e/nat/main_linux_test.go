package nat_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/netspace"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if text := os.Getenv(taskVariable); text != "" {
		if err := runPeer(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(netspace.Main(m))
}
