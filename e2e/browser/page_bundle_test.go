package browser_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestThePageIsOneFile: a page requests its modules as one file, and the SDK as another. Developers who look at it see the modules.
// TestANewPageComesAtOnce has a page of single modules.
func TestThePageIsOneFile(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	get := func(name string) []byte {
		t.Helper()
		resp, err := http.Get(relay.HTTP + "/" + name)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode, name)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return body
	}
	require.True(t, bytes.HasSuffix(get("page.js"), []byte("//# sourceMappingURL=page.js.map\n")), "web/sdk has no bundle of the present page: run go run ./wasm/cmd/pack")
	var sourceMap struct{ Sources []string }
	require.NoError(t, json.Unmarshal(get("page.js.map"), &sourceMap))
	require.Contains(t, sourceMap.Sources, "main.js")
	for _, name := range sourceMap.Sources {
		get(name)
	}

	ada := chromium.Start(t).Open(relay.HTTP + "/")
	ada.Host("Ada")
	require.Equal(t, []string{relay.HTTP + "/page.js", relay.HTTP + "/sdk/intercessor.js"}, chromium.Eval[[]string](ada,
		`performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.endsWith(".js") && !name.endsWith("/worker.js")).sort()`))
}
