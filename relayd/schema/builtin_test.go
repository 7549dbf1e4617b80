package schema_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/schema"
	"github.com/stretchr/testify/require"
)

type sent struct{ typ, message string }

// traffic is what SDK peers sent: pion's and Chromium's, as a relay got it.
func traffic(t testing.TB) (all []sent) {
	t.Helper()
	text, err := os.ReadFile("testdata/traffic.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		typ, message, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all = append(all, sent{typ, message})
	}
	return all
}

func TestBuiltinTakesWhatPeersSend(t *testing.T) {
	set, err := schema.New(schema.Options{Builtin: true, RefuseUnknown: true})
	require.NoError(t, err)
	seen := map[string]int{}
	for _, m := range traffic(t) {
		require.Equal(t, "", refused(set, m.typ, m.message), m)
		seen[m.typ]++
	}
	require.GreaterOrEqual(t, seen["OFFER"], 2, "of both kinds of peers")
	require.GreaterOrEqual(t, seen["ANSWER"], 2)
	require.GreaterOrEqual(t, seen["CANDIDATE"], 2)
	// What PROTOCOL.md and browsers also allow.
	for _, m := range []sent{
		{"CANDIDATE", `{"candidate":""}`},
		{"CANDIDATE", `{"candidate":"","sdpMid":"0","sdpMLineIndex":0}`},
		{"CANDIDATE", `{"candidate":"candidate:1 1 UDP 1 ::1 9 typ host","sdpMid":null,"sdpMLineIndex":null,"usernameFragment":null}`},
		{"OFFER", `{"sdp":"v=0\no=- 1 1 IN IP4 0.0.0.0\n","type":"offer","later":1}`},
		{"NEGOTIATE", `null`},
		{"BYE", `null`},
	} {
		require.Equal(t, "", refused(set, m.typ, m.message), m)
	}
}

func TestBuiltinRefusesWhatIsBroken(t *testing.T) {
	set, err := schema.New(schema.Options{Builtin: true})
	require.NoError(t, err)
	for _, c := range []struct{ typ, message, refused string }{
		{"OFFER", `null`, " type"},
		{"OFFER", `[]`, " type"},
		{"OFFER", `{}`, " required"},
		{"OFFER", `{"type":"offer"}`, " required"},
		{"OFFER", `{"type":"answer","sdp":"v=0\r\n"}`, "/properties/type const"},
		{"OFFER", `{"type":"offer","sdp":""}`, "/properties/sdp pattern"},
		{"OFFER", `{"type":"offer","sdp":"<script>v=0\r\n"}`, "/properties/sdp pattern"},
		{"OFFER", `{"type":"offer","sdp":7}`, "/properties/sdp type"},
		{"OFFER", `{"type":"offer","sdp":"v=0\r\n` + strings.Repeat("x", 32<<10) + `"}`, "/properties/sdp maxLength"},
		{"OFFER", `{"type":"offer","sdp":"v=0\r\n","sdp":"v=0\r\n"}`, " repeated"},
		{"ANSWER", `{"type":"offer","sdp":"v=0\r\n"}`, "/properties/type const"},
		{"ANSWER", `{"type":"pranswer","sdp":"v=0\r\n"}`, "/properties/type const"},
		{"CANDIDATE", `null`, " type"},
		{"CANDIDATE", `{"sdpMid":"0"}`, " required"},
		{"CANDIDATE", `{"candidate":"host"}`, "/properties/candidate pattern"},
		{"CANDIDATE", `{"candidate":"","sdpMLineIndex":-1}`, "/properties/sdpMLineIndex minimum"},
		{"CANDIDATE", `{"candidate":"","sdpMLineIndex":0.5}`, "/properties/sdpMLineIndex type"},
		{"CANDIDATE", `{"candidate":"candidate:` + strings.Repeat("x", 1024) + `"}`, "/properties/candidate maxLength"},
		{"NEGOTIATE", `{}`, " type"},
		{"BYE", `"now"`, " type"},
	} {
		require.Equal(t, c.refused, refused(set, c.typ, c.message), "%s %s", c.typ, c.message)
	}
}

// TestFolderBeforeBuiltin: what an operator says of a type counts alone.
func TestFolderBeforeBuiltin(t *testing.T) {
	set, err := schema.New(schema.Options{Folder: folder(t, map[string]string{"OFFER.json": `{"type":"integer"}`}), Builtin: true})
	require.NoError(t, err)
	require.Equal(t, "", refused(set, "OFFER", "1"))
	require.Equal(t, " type", refused(set, "OFFER", `{"type":"offer","sdp":"v=0\r\n"}`))
	require.Equal(t, " type", refused(set, "BYE", "1"))
}

// BenchmarkBuiltin is what the messages of a direct path cost.
func BenchmarkBuiltin(b *testing.B) {
	set, err := schema.New(schema.Options{Builtin: true})
	require.NoError(b, err)
	for _, m := range traffic(b) {
		b.Run(m.typ, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(m.message)))
			for b.Loop() {
				set.Check([]byte(m.typ), []byte(m.message), false)
			}
		})
	}
}
