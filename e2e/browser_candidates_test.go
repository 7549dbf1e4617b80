package e2e_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChromiumTakesTheSameCandidates: the table by which the Go SDK takes candidates is what
// Chromium does with them.
func TestChromiumTakesTheSameCandidates(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../sdk/internal/rtc/testdata/candidates.json")
	require.NoError(t, err)
	var table []struct {
		Name string
		Init json.RawMessage
		Used bool
	}
	require.NoError(t, json.Unmarshal(text, &table))
	p := startBrowser(t).open(startRelay(t).HTTP + "/")
	p.do(`
		globalThis.offering = new RTCPeerConnection();
		offering.createDataChannel("a");
		await offering.setLocalDescription();
		globalThis.sdp = offering.localDescription.sdp.replace(/a=candidate.*\r\n/g, "");
		globalThis.takes = async (init) => {
			const pc = new RTCPeerConnection();
			await pc.setRemoteDescription({type: "offer", sdp});
			const ufrag = sdp.match(/a=ice-ufrag:(.*)\r\n/)[1];
			try {
				await pc.addIceCandidate(JSON.parse(init.replaceAll("UFRAG", ufrag)));
				return pc.remoteDescription.sdp.includes("a=candidate");
			} catch {
				return false;
			} finally {
				pc.close();
			}
		};`)
	for _, row := range table {
		require.Equal(t, row.Used, eval[bool](p, `takes(a)`, string(row.Init)), row.Name)
	}
	p.do(`offering.close()`)
}
