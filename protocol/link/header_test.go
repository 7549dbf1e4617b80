package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestHeaderRoundTrip(t *testing.T) {
	const last = protocol.MaxNumber
	for text, want := range map[string]Header{
		`{}`:                        {},
		`{"id":"0123456789abcdef"}`: {ID: NewID(0x0123456789abcdef)},
		`{"id":"0000000000000000","nonce":"ffffffffffffffff"}`: {ID: NewID(0), Nonce: NewID(1<<64 - 1)},
		`{"n":1,"n0":2,"of":3,"at":4,"r":5,"t":6,"g":7,"r0":8,"t0":9,"g0":10,"ask":11,"ans":12,"end":13,"ended":true,"why":"x\"y"}`: {
			N: [3]uint64{2, 1}, Of: 3, At: 4, R: [3]uint64{8, 5}, T: [2]uint64{9, 6}, G: [2]uint64{10, 7},
			Ask: 11, Ans: 12, End: 13, HasEnd: true, Ended: true, Why: `x"y`,
		},
		`{"id":"0000000000000000","n0":1,"pc":2,"q":3,"ice":true,"wait":60,"audio":1,"video":16}`: {
			ID: NewID(0), N: [3]uint64{1, 0}, About: About{PC: 2, Q: 3, ICE: true, Wait: 60, Audio: 1, Video: 16},
		},
		`{"g":9007199254740991}`:              {G: [2]uint64{0, last}},
		`{"r":0,"t":0,"end":0}`:               {HasEnd: true},
		`{"r":0,"t":1,"r0":0,"t0":0,"ans":3}`: {T: [2]uint64{0, 1}, Ans: 3},
	} {
		got, err := ParseHeader([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got)
		require.Equal(t, text, string(AppendHeader(nil, &want)))
	}
	for text, want := range map[string]Header{
		" {\n\"r\" : 0 , \"x\":{\"id\":1}, \"id \":5, \"x\":[] } ": {},
		`{"\u0069d":"0123456789abcdef"}`:                           {ID: NewID(0x0123456789abcdef)},
		`{"r":0,"t":0,"g":0,"r0":0,"t0":0,"g0":0}`:                 {},
	} {
		got, err := ParseHeader([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestMalformedHeaders(t *testing.T) {
	numbers := []string{"n", "n0", "of", "at", "r", "t", "g", "r0", "t0", "g0", "ask", "ans", "end", "pc", "q", "wait"}
	bad := []string{
		``, `null`, `[]`, `1`, `"x"`, `{`, `{}{}`, "{\"x\":\"\xff\"}", `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		`{"id":1}`, `{"id":null}`, `{"id":""}`, `{"id":"0123456789abcde"}`, `{"id":"0123456789abcdef0"}`, `{"id":"0123456789ABCDEF"}`,
		`{"id":"0123456789abcdeg"}`, `{"id":"\u0030123456789abcdef"}`, `{"id":{"id":"0123456789abcdef"}}`, `{"nonce":"x"}`,
		`{"id":"0123456789abcdef","id":"0123456789abcdef"}`,
		`{"ice":false}`, `{"ice":1}`, `{"ice":"true"}`, `{"ended":false}`, `{"ended":1}`, `{"ended":"true"}`,
		`{"why":""}`, `{"why":"a b"}`, `{"why":"é"}`, `{"why":1}`, `{"why":"` + strings.Repeat("x", 65) + `"}`,
		`{"x":"` + strings.Repeat("x", 1<<10) + `"}`,
	}
	for _, name := range numbers {
		for _, value := range []string{"-1", "1.0", "1e3", `"1"`, "null", "[1]", "{}", "true", "9007199254740992", "18446744073709551616", "9223372036854775808", "-0"} {
			bad = append(bad, `{"`+name+`":`+value+`}`)
		}
		bad = append(bad, `{"`+name+`":1,"`+name+`":1}`)
	}
	for _, name := range []string{"n", "n0", "of", "at", "ask", "ans", "pc", "q", "wait"} {
		bad = append(bad, `{"`+name+`":0}`)
	}
	for _, text := range bad {
		h, err := ParseHeader([]byte(text))
		require.IsType(t, (*HeaderError)(nil), err, text)
		require.NotEmpty(t, err.Error())
		require.Zero(t, h, text)
	}
	_, err := ParseHeader([]byte(`{"x":"` + strings.Repeat("x", 1<<10-8) + `"}`))
	require.NoError(t, err, "1024 bytes are no error")
}

func TestIDs(t *testing.T) {
	id, ok := ParseID("0123456789abcdef")
	require.True(t, ok)
	require.Equal(t, NewID(0x0123456789abcdef), id)
	require.Equal(t, "0123456789abcdef", id.String())
	for _, s := range []string{"", "0123456789abcde", "0123456789abcdef0", "0123456789abcdeF", "0123456789abcde/", "0123456789abcde:", "0123456789abcde`"} {
		_, ok := ParseID(s)
		require.False(t, ok, s)
	}
}
