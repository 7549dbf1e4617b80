package tab

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// CheckSDK fails a test whose relayd would have an SDK for pages that is not made of the present sources.
func CheckSDK(t testing.TB) {
	t.Helper()
	require.NoError(t, checkSDK())
}

var checkSDK = sync.OnceValue(func() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience.MaxBuild)
	defer cancel()
	workspace, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	if err != nil {
		return err
	}
	check := exec.CommandContext(ctx, "go", "run", "./wasm/cmd/pack", "-check")
	check.Dir = filepath.Dir(strings.TrimSpace(string(workspace)))
	if out, err := check.CombinedOutput(); err != nil {
		return fmt.Errorf("%s%w", out, err)
	}
	return nil
})
