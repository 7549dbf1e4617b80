package frame_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/stretchr/testify/require"
)

func TestParseRefusesWhatAClientMustNotSend(t *testing.T) {
	key := "\x01\x02\x03\x04"
	for _, c := range []struct {
		name  string
		bytes string
		want  error
	}{
		{"RSV1", "\xc1\x80" + key, frame.ErrReserved},
		{"RSV2", "\xa1\x80" + key, frame.ErrReserved},
		{"RSV3", "\x91\x80" + key, frame.ErrReserved},
		{"opcode 3", "\x83\x80" + key, frame.ErrOpcode},
		{"opcode 7", "\x87\x80" + key, frame.ErrOpcode},
		{"opcode 11", "\x8b\x80" + key, frame.ErrOpcode},
		{"opcode 15", "\x8f\x80" + key, frame.ErrOpcode},
		{"no mask", "\x81\x00", frame.ErrUnmasked},
		{"a ping in parts", "\x09\x80" + key, frame.ErrControl},
		{"a ping of 126 bytes", "\x89\xfe\x00\x7e" + key, frame.ErrControl},
		{"125 in two bytes", "\x81\xfe\x00\x7d" + key, frame.ErrLength},
		{"65,535 in eight bytes", "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff" + key, frame.ErrLength},
		{"a negative length", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" + key, frame.ErrLength},
	} {
		_, n, err := frame.Parse([]byte(c.bytes))
		require.Equal(t, c.want, err, c.name)
		require.Zero(t, n, c.name)
	}
}

func TestParseWaitsForTheWholeHeader(t *testing.T) {
	for _, header := range []string{
		"\x81\x85\x01\x02\x03\x04",
		"\x01\xfe\x00\x7e\x01\x02\x03\x04",
		"\x80\xff\x00\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04",
	} {
		for i := range len(header) {
			_, n, err := frame.Parse([]byte(header[:i]))
			require.NoError(t, err)
			require.Zero(t, n)
		}
		h, n, err := frame.Parse([]byte(header + "payload"))
		require.NoError(t, err)
		require.Equal(t, len(header), n)
		require.Equal(t, uint32(0x04030201), h.Key)
		require.Equal(t, header[0]&0x80 != 0, h.Final)
	}
}

func TestUnmaskAtEveryLength(t *testing.T) {
	key := [4]byte{0xa1, 0xb2, 0xc3, 0xd4}
	for n := range 100 {
		want, masked := make([]byte, n), make([]byte, n)
		for i := range n {
			want[i] = byte(i * 7)
			masked[i] = want[i] ^ key[i%4] // RFC 6455, section 5.3, to the letter
		}
		frame.Unmask(masked, binary.LittleEndian.Uint32(key[:]))
		require.Equal(t, want, masked, n)
	}
}

func TestHeadersOfThisSide(t *testing.T) {
	for _, c := range []struct {
		length int
		want   string
	}{
		{0, "\x81\x00"}, {125, "\x81\x7d"}, {126, "\x81\x7e\x00\x7e"}, {65535, "\x81\x7e\xff\xff"},
		{65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
	} {
		b := make([]byte, frame.MaxHeader)
		require.Equal(t, c.want, string(b[:frame.PutHeader(b, frame.Text, c.length)]))
	}
}

func TestCloseFrames(t *testing.T) {
	require.Equal(t, "\x88\x00", string(frame.AppendClose(nil, 0, "")))
	require.Equal(t, "\x88\x05\x03\xe8bye", string(frame.AppendClose(nil, 1000, "bye")))
	longest := frame.AppendClose(nil, 4000, strings.Repeat("x", protocol.MaxReason))
	require.EqualValues(t, 125, longest[1])

	allowed := map[uint16]bool{}
	for code := range 5100 {
		got, err := frame.ParseClose(binary.BigEndian.AppendUint16(nil, uint16(code)))
		if err == nil {
			require.EqualValues(t, code, got)
			allowed[got] = true
		}
	}
	require.Len(t, allowed, 4+8+2000)
	for _, never := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000} {
		require.False(t, allowed[never], never)
	}
	code, err := frame.ParseClose(nil)
	require.NoError(t, err)
	require.Zero(t, code)
	_, err = frame.ParseClose([]byte{3})
	require.Equal(t, frame.ErrClose, err)
	_, err = frame.ParseClose([]byte("\x03\xe8\xff"))
	require.Equal(t, frame.ErrCloseText, err)
}

// FuzzParse: what is accepted is what section 5.2 describes, written again it is
// the same, and no header is believed before it is whole.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "\x81", "\x81\x85\x01\x02\x03\x04hello", "\x88\x82\x01\x02\x03\x04ab", "\x01\xfe\x01\x00\x01\x02\x03\x04", "\x80\xff\x00\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04",
		"\x81\xfe\x00\x7d\x01\x02\x03\x04", "\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := frame.Parse(b)
		if err != nil || n == 0 {
			require.Zero(t, n)
			require.True(t, err != nil || len(b) < 14)
			return
		}
		again := make([]byte, frame.MaxHeader)
		m := frame.PutHeader(again, h.Opcode, int(h.Length))
		again = binary.LittleEndian.AppendUint32(again[:m], h.Key)
		again[1] |= 0x80
		if !h.Final {
			again[0] &^= 0x80
		}
		require.True(t, bytes.Equal(b[:n], again), "%x %x", b[:n], again)
	})
}

func BenchmarkUnmask(b *testing.B) {
	for _, size := range []int{200, 2000, 16000} {
		p := make([]byte, size)
		b.Run("", func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				frame.Unmask(p, 0x12345678)
			}
		})
	}
}

// FuzzParseClose: a code that is given may be sent, and the frame can be made anew from it.
func FuzzParseClose(f *testing.F) {
	for _, seed := range []string{"", "\x03", "\x03\xe8", "\x03\xe8bye", "\x03\xed", "\x0b\xb8\xc3", "\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		code, err := frame.ParseClose(payload)
		if err != nil {
			require.Zero(t, code)
			require.Contains(t, []error{frame.ErrClose, frame.ErrCloseText}, err)
			return
		}
		reason := ""
		if code != 0 {
			reason = string(payload[2:])
		}
		require.True(t, utf8.ValidString(reason))
		if len(payload) <= 125 {
			require.Equal(t, string(payload), string(frame.AppendClose(nil, code, reason)[2:]))
		}
	})
}
