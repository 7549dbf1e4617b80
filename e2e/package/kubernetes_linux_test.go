package package_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKubernetesSchemas: Kubernetes' schemas of several versions accept the example, and would not
// accept a property that they do not have.
func TestKubernetesSchemas(t *testing.T) {
	const path = "../../deploy/cluster/kubernetes.yaml"
	for _, version := range []string{"1.34", "1.37"} {
		code, says := run(t, exec.Command("kubernetes-validate", "--strict", "--kubernetes-version", version, path))
		require.Zero(t, code, says)
		require.Equal(t, 4, strings.Count(says, "passed"), says)
	}
	wrong := exec.Command("kubernetes-validate", "--strict", "/dev/stdin")
	wrong.Stdin = strings.NewReader(strings.Replace(read(t, "deploy/cluster/kubernetes.yaml"), "preStop:", "beforeStop:", 1))
	code, says := run(t, wrong)
	require.NotZero(t, code, says)
}
