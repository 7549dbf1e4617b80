package wsconn

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLookAtPartsOfFrames: the received part of a text may end within a character. Validation
// continues from there, and starts anew for the next text.
func TestLookAtPartsOfFrames(t *testing.T) {
	var took texts
	c := &Conn{group: NewGroup(Limits{MaxMessage: 1 << 10}), handler: &took}
	look := func(b []byte) int {
		t.Helper()
		n, err := c.look(bytes.Clone(b), new(Amount)) // look takes the mask off
		require.NoError(t, err)
		return n
	}
	const header = 6
	key := []byte{0xa1, 0x34, 0xd6, 0x78}
	text := "aäa€a𤭢 nine and𤭢"
	masked := append([]byte{0x81, 0x80 | byte(len(text))}, key...)
	for i := range len(text) {
		masked = append(masked, text[i]^key[i%4])
	}
	for a := range masked {
		for b := a; b < len(masked); b++ {
			require.Zero(t, look(masked[:a]))
			require.Zero(t, look(masked[:b]))
			require.Equal(t, len(masked), look(masked))
			require.Equal(t, texts{text}, took)
			took = nil
		}
	}

	// The same in two fragments, of which each may come in two parts.
	for a := header; a < len(masked); a++ {
		first := append([]byte{0x01, 0x80 | byte(a-header)}, masked[2:a]...)
		rest := append([]byte{0x80, 0x80 | byte(len(masked)-a), 0, 0, 0, 0}, text[a-header:]...)
		for b := header; b < a; b++ {
			require.Zero(t, look(first[:b]))
			require.Equal(t, len(first), look(first))
			require.Zero(t, look(rest[:header+(len(rest)-header)/2]))
			require.Equal(t, len(rest), look(rest))
			require.Equal(t, texts{text}, took)
			took = nil
		}
	}
}

// texts are the messages that a connection has passed.
type texts []string

func (t *texts) Message(text []byte) (more bool, err error) {
	*t = append(*t, string(text))
	return true, nil
}

func (t *texts) Came(_ Amount, err error) error { return err }
func (t *texts) Writable()                      {}
func (t *texts) Overloaded()                    {}
