package link

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBase64IsThatOfTheStandardLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		text := base64.StdEncoding.AppendEncode(nil, data)
		require.Equal(t, string(text), string(appendBase64(nil, data)))
		require.Equal(t, `"`+string(text), string(appendBase64([]byte(`"`), data)))
		got, err := decodeBase64(text)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got), "%d bytes", n)
		for range 50 { // one wrong character, or a shorter text
			bad := bytes.Clone(text)
			if n > 0 {
				bad[random.IntN(len(bad))] = byte(random.Uint32())
			}
			bad = bad[:len(bad)-random.IntN(min(len(bad)+1, 3))]
			want, wantErr := base64.StdEncoding.Strict().DecodeString(string(bad))
			got, err := decodeBase64(bad)
			require.Equal(t, wantErr == nil, err == nil, "%q", bad)
			if err == nil {
				require.True(t, bytes.Equal(want, got), "%q", bad)
			}
		}
	}
}
