package procproof

import (
	"os"
	"testing"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(peerVariable); text != "" {
		os.Exit(runPeer(text))
	}
	os.Exit(relayproc.Main(m))
}
