package browser_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestChromiumTakesTheSameCandidates: the table by which the Go SDK takes candidates is what
// Chromium does with them.
func TestChromiumTakesTheSameCandidates(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../sdk/internal/rtc/testdata/candidates.json")
	require.NoError(t, err)
	var table []struct {
		Name string
		Init json.RawMessage
		Used bool
	}
	require.NoError(t, json.Unmarshal(text, &table))
	p := chromium.Start(t).Open(relayproc.Start(t).HTTP + "/")
	p.Do(`
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
		require.Equal(t, row.Used, chromium.Eval[bool](p, `takes(a)`, string(row.Init)), row.Name)
	}
	p.Do(`offering.close()`)
}
