package nat_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/netspace"
)

var write = flag.Bool("write", false, "write the results into docs/connectivity.md")

func TestMain(m *testing.M) {
	flag.Parse()
	if task := os.Getenv(taskVariable); task != "" {
		if err := runPeer(task); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(netspace.Main(m))
}
