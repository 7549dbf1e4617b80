package clusterproof

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/netspace"
)

func TestMain(m *testing.M) { os.Exit(netspace.MainApart(m)) }
