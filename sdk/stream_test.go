package sdk_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

func TestStreamsNeedALink(t *testing.T) {
	c := dial(t, relay(t, "echo")+"/client/other")
	_, err := c.OpenStream(within(t), "file")
	require.ErrorIs(t, err, sdk.ErrUnsupported)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = c.AcceptStream(within(t))
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
