package protocol_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

func TestEnvelopeIsSlicesOfTheFrame(t *testing.T) {
	const text = `{"message":{"a":1},"to":"server-1","from":"client-1","type":"chat"}`
	frame := []byte(text)
	e, err := protocol.ParseEnvelope(frame)
	require.NoError(t, err)
	for name, field := range map[string][]byte{"to": e.To, "from": e.From, "type": e.Type, "message": e.Message} {
		requireWithin(t, frame, field, name)
	}
	_ = append(e.Message, "overwritten"...)
	require.Equal(t, text, string(frame), "to append to message must not write into the frame")
}

func requireWithin(t *testing.T, frame, field []byte, name string) {
	t.Helper()
	offset := uintptr(unsafe.Pointer(unsafe.SliceData(field))) - uintptr(unsafe.Pointer(unsafe.SliceData(frame)))
	require.Less(t, offset, uintptr(len(frame)), "%s was copied", name)
}

func TestNoAllocation(t *testing.T) {
	out := make([]byte, 0, protocol.MaxDelivery)
	message := []byte(`{"sdp":"v=0\r\n\u00e9é","n":[1,2.5,true,null],"deep":` + strings.Repeat("[", 29) + strings.Repeat("]", 29) + `}`)
	envelope := protocol.AppendEnvelope(nil, "server-1", "chat", message)
	dialect := []byte(`{"to":"server-1","from":"client-1","type":"chat","message":"Hi","unknown":{"x":[]}}`)
	delivery := protocol.AppendDelivery(nil, "client-1", []byte("chat"), message)
	link := []byte(benchLink)
	envelopeV1 := protocol.AppendEnvelopeV1(nil, "server-1", "LINK_ACK", message, link)
	deliveryV1 := protocol.AppendDeliveryV1(nil, "client-1", []byte("LINK_ACK"), message, link)
	manyKeys := []byte("{" + strings.Repeat(`"key":0,`, 8000) + `"to":"server-1","type":"chat","message":"Hi"}`)

	for name, run := range map[string]func() error{
		"ParseEnvelope":           func() error { _, err := protocol.ParseEnvelope(envelope); return err },
		"ParseEnvelope with from": func() error { _, err := protocol.ParseEnvelope(dialect); return err },
		"ParseEnvelope of 8000":   func() error { _, err := protocol.ParseEnvelope(manyKeys); return err },
		"ParseDelivery":           func() error { _, err := protocol.ParseDelivery(delivery); return err },
		"ParseEnvelopeV1":         func() error { _, err := protocol.ParseEnvelopeV1(envelopeV1); return err },
		"ParseDeliveryV1":         func() error { _, err := protocol.ParseDeliveryV1(deliveryV1); return err },
		"relaying v1": func() error {
			e, err := protocol.ParseEnvelopeV1(envelopeV1)
			out = protocol.AppendDeliveryV1(out[:0], "client-1", e.Type, e.Message, e.Link)
			return err
		},
		"Valid":          func() error { return protocol.Valid(message) },
		"AppendEnvelope": func() error { out = protocol.AppendEnvelope(out[:0], "server-1", "chat", message); return nil },
		"relaying": func() error {
			e, err := protocol.ParseEnvelope(envelope)
			out = protocol.AppendDelivery(out[:0], "client-1", e.Type, e.Message)
			return err
		},
	} {
		require.NoError(t, run(), name)
		require.Zero(t, testing.AllocsPerRun(100, func() { _ = run() }), name)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, v := range load[vector](t, vectors.Envelopes) {
		if v.Expect.Code != 0 {
			continue
		}
		to, from, typ, message := v.Expect.To, "client-1", v.Expect.Type, []byte(v.Expect.Message)

		e, err := protocol.ParseEnvelope(protocol.AppendEnvelope(nil, protocol.ID(to), typ, message))
		require.NoError(t, err, v.Name)
		require.Equal(t, protocol.Envelope{To: []byte(to), Type: []byte(typ), Message: message}, e, v.Name)

		d, err := protocol.ParseDelivery(protocol.AppendDelivery(nil, protocol.ID(from), []byte(typ), message))
		require.NoError(t, err, v.Name)
		require.Equal(t, protocol.Delivery{From: []byte(from), Type: []byte(typ), Message: message}, d, v.Name)
	}
}

func TestRoundTripV1(t *testing.T) {
	for _, v := range load[vectorV1](t, vectors.V1Envelopes) {
		if v.Expect.Code != 0 {
			continue
		}
		var link []byte
		if v.Expect.Link != "" {
			link = []byte(v.Expect.Link)
		}
		to, typ, message := v.Expect.To, v.Expect.Type, []byte(v.Expect.Message)
		e, err := protocol.ParseEnvelopeV1(protocol.AppendEnvelopeV1(nil, protocol.ID(to), typ, message, link))
		require.NoError(t, err, v.Name)
		require.Equal(t, protocol.Envelope{To: []byte(to), Type: []byte(typ), Message: message, Link: link}, e, v.Name)

		d, err := protocol.ParseDeliveryV1(protocol.AppendDeliveryV1(nil, "client-1", []byte(typ), message, link))
		require.NoError(t, err, v.Name)
		require.Equal(t, protocol.Delivery{From: []byte("client-1"), Type: []byte(typ), Message: message, Link: link}, d, v.Name)
	}
}

// B21: whatever may come in fits into what may go out.
func TestLargestMessageFitsIntoADelivery(t *testing.T) {
	longest := protocol.ID(strings.Repeat("f", protocol.MaxID))
	typ := strings.Repeat(`"`, protocol.MaxType) // twice as long, once it is escaped
	empty := len(protocol.AppendEnvelope(nil, "s", typ, nil))
	message := []byte(strings.Repeat("1", protocol.MaxMessage-empty))
	frame := protocol.AppendEnvelope(nil, "s", typ, message)
	require.Len(t, frame, protocol.MaxMessage)

	e, err := protocol.ParseEnvelope(frame)
	require.NoError(t, err)
	require.LessOrEqual(t, len(protocol.AppendDelivery(nil, longest, e.Type, e.Message)), protocol.MaxDelivery)

	link := []byte(`{"x":"` + strings.Repeat("y", protocol.MaxLink-8) + `"}`)
	empty = len(protocol.AppendEnvelopeV1(nil, "s", typ, nil, link))
	frame = protocol.AppendEnvelopeV1(nil, "s", typ, []byte(strings.Repeat("1", protocol.MaxMessage-empty)), link)
	require.Len(t, frame, protocol.MaxMessage)
	e, err = protocol.ParseEnvelopeV1(frame)
	require.NoError(t, err)
	require.LessOrEqual(t, len(protocol.AppendDeliveryV1(nil, longest, e.Type, e.Message, e.Link)), protocol.MaxDelivery)
}

// B36: the bytes of message come out as they went in, whatever the value looks
// like and however much white space stands in it and around it.
func TestMessageBytesStay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		message := appendRandomValue(nil, random, 6)
		frame := []byte(`{"to":"server-1",` + randomSpace(random) + `"type":"chat","message":` + randomSpace(random))
		frame = append(frame, message...)
		frame = append(frame, randomSpace(random)+"}"...)

		e, err := protocol.ParseEnvelope(frame)
		require.NoError(t, err, "%s", frame)
		require.Equal(t, string(message), string(e.Message))
		d, err := protocol.ParseDelivery(protocol.AppendDelivery(nil, "client-1", e.Type, e.Message))
		require.NoError(t, err)
		require.Equal(t, string(message), string(d.Message))
	}
}

func appendRandomValue(dst []byte, random *rand.Rand, depth int) []byte {
	scalars := []string{`null`, `true`, `false`, `0`, `-0`, `-12.50e+07`, `1e400`, `9007199254740993`, `""`, `"a"`,
		`"\ud800"`, `"\u0000"`, `"é€😀"`, `"a\"b\\"`, `"` + strings.Repeat("x", random.IntN(40)) + `"`}
	kind := random.IntN(4)
	if depth == 0 || kind > 1 {
		return append(dst, scalars[random.IntN(len(scalars))]...)
	}
	brackets := []string{"[]", "{}"}[kind]
	dst = append(dst, brackets[0])
	for i := range random.IntN(4) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, randomSpace(random)...)
		if kind == 1 {
			dst = append(dst, `"to":`...) // repeated more often than not
			dst = append(dst, randomSpace(random)...)
		}
		dst = appendRandomValue(dst, random, depth-1)
		dst = append(dst, randomSpace(random)...)
	}
	return append(dst, brackets[1])
}

func randomSpace(random *rand.Rand) string {
	return []string{"", "", "", " ", "\n\t", "\r\n  "}[random.IntN(6)]
}

// TestManyFieldsTakeLinearTime: a frame of many fields takes about as long as ten frames with a tenth of them
// each, with which it takes turns (B40). Another program can hold up either, so the shortest of at most thirty
// times counts. A quadratic search takes ten times as long.
func TestManyFieldsTakeLinearTime(t *testing.T) {
	parse := func(frame []byte, times int) time.Duration {
		begin := time.Now()
		for range times {
			_, err := protocol.ParseEnvelope(frame)
			require.NoError(t, err)
		}
		return time.Since(begin)
	}
	for name, fields := range map[string]func(n int) string{
		"empty":     func(n int) string { return strings.Repeat(`"":0,`, n) },
		"nearly to": func(n int) string { return strings.Repeat(`"to ":0,`, n) },
		"escaped":   func(n int) string { return strings.Repeat(`"messag\u0065s":0,`, n) },
		"different": func(n int) string {
			var all strings.Builder
			for i := range n {
				all.WriteString(`"` + strconv.Itoa(100_000+i) + `":0,`)
			}
			return all.String()
		},
	} {
		frame := func(n int) []byte { return []byte("{" + fields(n) + `"to":"server-1","type":"chat","message":"Hi"}`) }
		short, long := frame(2_000), frame(20_000)
		few, many := time.Hour, time.Hour
		for turn := 0; turn < 3 || turn < 30 && many >= 4*few; turn++ {
			few, many = min(few, parse(short, 10)), min(many, parse(long, 1))
		}
		require.Less(t, many, 4*few, "%s: ten times the fields take %v instead of %v", name, many, few)
	}
}

// A reason is for the peer's author and goes into logs: it must not carry what the
// peer wrote (B27).
func TestReasonsEchoNothing(t *testing.T) {
	const secret = "s3cr3t"
	for _, frame := range []string{
		secret, `{"` + secret, `{"to":"S` + secret + `","type":"t","message":1}`, `{"to":"a","type":" ` + secret + `","message":1}`,
		`{"to":"a","type":"PEER_` + secret + `","message":1}`, `{"` + secret + `":1,"` + secret + `":1}`,
	} {
		_, err := protocol.ParseEnvelope([]byte(frame))
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret)
	}
	for _, frame := range []string{
		`{"to":"a","type":"t","link":"` + secret + `","message":1}`, `{"to":"a","type":"RELAY_` + secret + `","message":1}`,
	} {
		_, err := protocol.ParseEnvelopeV1([]byte(frame))
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret)
	}
}
