package examples_test

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

func TestMain(m *testing.M) { os.Exit(relayproc.Main(m)) }
