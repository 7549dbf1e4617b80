//go:build linux

package main

import (
	"bytes"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func TestAFrameIsCutWhenItIsWhole(t *testing.T) {
	for _, length := range []int{0, 1, 125, 126, 65535, 65536} {
		frame := appendFrame(nil, opText, bytes.Repeat([]byte("a"), length))
		for _, missing := range []int{1, len(frame) / 2, len(frame) - 1, len(frame)} {
			_, _, size, err := cutFrame(frame[:len(frame)-missing])
			require.NoError(t, err)
			require.Zero(t, size, "%d bytes, %d missing", length, missing)
		}
		opcode, payload, size, err := cutFrame(append(frame, "next"...))
		require.NoError(t, err)
		require.EqualValues(t, opText, opcode)
		require.Len(t, payload, length)
		require.Equal(t, len(frame), size)
	}
	_, _, _, err := cutFrame([]byte{0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0})
	require.ErrorContains(t, err, "no relay sends more")
}

func TestAMessageHasTheSizeAskedForAndIsRight(t *testing.T) {
	const least = 96
	for size := least; size < 2500; size++ {
		text, err := message(bareID, size, false)
		require.NoError(t, err)
		require.Len(t, text, size)
		_, err = protocol.ParseEnvelope(text)
		require.NoError(t, err, "%s", text)
	}
	_, err := message(bareID, least-1, false)
	require.ErrorContains(t, err, "--size is 95 and must be at least 96")
}
