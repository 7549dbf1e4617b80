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
	code := netspace.Main(m)
	if code == 0 && *write && os.Getuid() == 0 { // netspace.Main has run the tests as another process otherwise
		if err := report(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
