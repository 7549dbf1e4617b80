package link

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol/vectors"
)

type directVector struct {
	Name, Rule, Why string

	Frame  *string
	Base64 []byte
	Repeat *struct {
		Prefix, Unit, Suffix string
		Count                int
	}
	Binary bool

	Expect struct {
		Type, Message       string
		Answers, Ping, Pong uint64
		Ignored, Ends       bool
	}
}

func loadVectors[T any](t testing.TB, text string) (list []T) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&list))
	require.NotEmpty(t, list)
	return list
}

func TestF1Vectors(t *testing.T) {
	for _, v := range loadVectors[directVector](t, vectors.Direct) {
		t.Run(v.Name, func(t *testing.T) {
			data := v.Base64
			switch {
			case v.Frame != nil:
				data = []byte(*v.Frame)
			case v.Repeat != nil:
				data = []byte(v.Repeat.Prefix + strings.Repeat(v.Repeat.Unit, v.Repeat.Count) + v.Repeat.Suffix)
			}
			id := ID([]byte("0123456789abcdef"))
			l := newServer(Config{}, offer{id: id, version: 2})
			l.PathUp(1, Relay)
			l.PathUp(1, Direct)
			var h Health
			h.Open(1)
			l.ReceiveDirect(1, &h, data, !v.Binary)
			require.Equal(t, v.Expect.Ends, l.Effects().Ended.How == FailedHere, v.Why)
			m, taken := l.Take(1, Data)
			require.Equal(t, v.Expect.Type != "", taken, v.Why)
			require.Equal(t, v.Expect.Type, m.Type)
			require.Equal(t, v.Expect.Message, string(m.Data))
			if f, ok := l.Next(1, Direct); v.Expect.Answers != 0 {
				require.True(t, ok)
				require.Equal(t, v.Expect.Answers, f.Header.Ans)
			}
			if n, pong, ok := h.Next(1); v.Expect.Ping != 0 {
				require.True(t, ok && pong)
				require.Equal(t, v.Expect.Ping, n)
			}
			if v.Expect.Pong != 0 {
				h = Health{state: Probing, open: true, asked: v.Expect.Pong, waiting: true}
				l.ReceiveDirect(1, &h, data, false)
				require.Equal(t, Up, h.State())
			}
		})
	}
}

func TestL14OpenVectors(t *testing.T) {
	policies := map[string]Policy{"": Auto, "relay": RelayOnly, "direct": DirectOnly}
	type vector struct {
		Name, Rule, Why, Open, Path string
		Expect                      struct {
			Version     uint64
			Path, Ends  string
			Mine, Early bool
			Unanswered  bool
		}
	}
	for _, v := range loadVectors[vector](t, vectors.LinkOpen) {
		t.Run(v.Name, func(t *testing.T) {
			n := newNet(t, Config{}, Config{Mine: func(attempt uint64) bool { return attempt == 5 }, Policy: policies[v.Path]})
			n.lose()
			h, err := ParseHeader([]byte(v.Open))
			if err != nil {
				require.True(t, v.Expect.Unanswered, v.Why)
				return
			}
			e := n.hand(server, "LINK_OPEN", "null", h)
			require.Equal(t, v.Expect.Unanswered, !e.HasReply, v.Why)
			if !e.HasReply {
				return
			}
			require.Equal(t, v.Expect.Mine, e.Reply.Header.Mine, v.Why)
			early := n.hand(server, "chat", `1`, Header{ID: h.Nonce, N: [3]uint64{0, 1}})
			require.Equal(t, v.Expect.Early, early.Opened, v.Why)
			n.hand(server, "LINK_ACK", "null", Header{ID: e.Reply.Header.ID, Ask: 1})
			if v.Expect.Ends != "" {
				require.Equal(t, []End{{FailedHere, v.Expect.Ends}}, n.sides[server].ends, v.Why)
				return
			}
			require.Empty(t, n.sides[server].ends)
			require.Equal(t, v.Expect.Version, n.link(server).Version(), v.Why)
			require.Equal(t, policies[v.Expect.Path], n.link(server).Policy(), v.Why)
			require.Equal(t, v.Expect.Early, n.take(server) == `1`)
		})
	}
}
