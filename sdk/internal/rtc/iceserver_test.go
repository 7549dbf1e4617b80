package rtc_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

func TestTextsThatNameNoICEServers(t *testing.T) {
	for _, text := range []string{"", "null", "{}", "[", "[]", "[1]", "[null]", "[{}]", `[{"urls":1}]`, `[{"urls":[1]}]`} {
		require.Empty(t, rtc.ParseICEServers([]byte(text)), text)
	}
}
