package link

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
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

func TestS2Vectors(t *testing.T) {
	type vector struct {
		Name, Rule, Why string

		Frames []struct {
			N              uint64
			Base64, Direct []byte
			Message        string
			Zeros          int
		}
		Expect struct {
			Ends                           string
			Counted                        *uint64
			Streams                        []string
			Read, Text                     string
			Zeros                          int
			EOF                            bool
			Code                           *uint64
			Delivered3, Refused3, Refused5 bool
			Credit                         uint64
			Answers                        [][]byte
		}
	}
	for _, v := range loadVectors[vector](t, vectors.Stream) {
		t.Run(v.Name, func(t *testing.T) {
			l := newServer(Config{}, offer{id: ID([]byte("0123456789abcdef")), version: 2})
			l.PathUp(1, Relay)
			l.Receive(1, Relay, []byte("LINK_ACK"), nil, &Header{ID: l.id, Ask: 1})
			l.Receive(1, Relay, []byte("LINK_ACK"), nil, &Header{ID: l.id, Ask: 2})
			pull := func() (bodies [][]byte) {
				for f, ok := l.Next(1, Relay); ok; f, ok = l.Next(1, Relay) {
					if f.body {
						bodies = append(bodies, bytes.Clone(f.data))
					}
					if f.Header.Ask != 0 {
						l.Receive(1, Relay, []byte("LINK_ACK"), nil, &Header{ID: l.id, Ans: f.Header.Ask})
					}
				}
				return bodies
			}
			three, err := l.OpenStream(1, "three")
			require.NoError(t, err)
			_, err = three.Write(1, []byte("abc"))
			require.NoError(t, err)
			three.CloseWrite()
			five, err := l.OpenStream(1, "five")
			require.NoError(t, err)
			pull()
			require.True(t, three.to.ended)
			l.Receive(1, Relay, []byte("LINK_ACK"), nil, &Header{ID: l.id, R: [3]uint64{Streams: l.streams.made}})

			for _, f := range v.Frames {
				body := append(f.Base64, make([]byte, f.Zeros)...)
				switch {
				case f.Direct != nil:
					l.ReceiveDirect(1, new(Health), append(f.Direct, make([]byte, f.Zeros)...), false)
				case f.Message != "":
					l.Receive(1, Relay, []byte("LINK_STREAM"), []byte(f.Message), &Header{ID: l.id, N: [3]uint64{Streams: f.N}})
				default:
					text := `"` + base64.StdEncoding.EncodeToString(body) + `"`
					l.Receive(1, Relay, []byte("LINK_STREAM"), []byte(text), &Header{ID: l.id, N: [3]uint64{Streams: f.N}})
				}
			}
			require.Equal(t, v.Expect.Ends, l.Effects().Ended.Why, v.Why)
			if v.Expect.Ends != "" {
				return
			}
			counted := uint64(len(v.Frames))
			if v.Expect.Counted != nil {
				counted = *v.Expect.Counted
			}
			require.Equal(t, counted, l.streams.in.r, v.Why)
			var names []string
			for s, ok := l.AcceptStream(1); ok; s, ok = l.AcceptStream(1) {
				names = append(names, s.Name())
				if s.id != 2 {
					continue
				}
				got := make([]byte, 20_000)
				n, err := s.Read(1, got)
				if want := v.Expect.Read; v.Expect.Zeros == 0 {
					require.Equal(t, want, string(got[:n]), v.Why)
				} else {
					require.Equal(t, make([]byte, v.Expect.Zeros), got[:n])
				}
				if err == nil {
					_, err = s.Read(1, got)
				}
				switch {
				case v.Expect.EOF:
					require.Equal(t, io.EOF, err)
				case v.Expect.Code != nil:
					require.Equal(t, &StreamError{*v.Expect.Code, v.Expect.Text}, err, v.Why)
				default:
					require.NoError(t, err)
				}
			}
			require.Equal(t, append([]string(nil), v.Expect.Streams...), names, v.Why)
			wanted := func(delivered, refused bool) OutcomeKind {
				return map[[2]bool]OutcomeKind{{true, false}: Delivered, {false, true}: Refused}[[2]bool{delivered, refused}]
			}
			kind, _ := three.Sent()
			require.Equal(t, wanted(v.Expect.Delivered3, v.Expect.Refused3), kind, v.Why)
			kind, _ = five.Sent()
			require.Equal(t, wanted(false, v.Expect.Refused5), kind, v.Why)
			require.Equal(t, max(v.Expect.Credit, 16_384), five.to.credit, v.Why)
			require.Equal(t, v.Expect.Answers, pull(), v.Why)
		})
	}
}
