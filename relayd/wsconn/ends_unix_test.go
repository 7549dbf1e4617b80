//go:build unix

package wsconn

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds the wait for what must come at once.
const patience = time.Minute

// A listening end is a connection whose reader passes messages to a test.
type listening struct {
	t        *testing.T
	conn     *Conn
	peer     net.Conn     // the other end, above TLS
	socket   *net.TCPConn // under it
	messages chan string
	err      chan error // what Read has returned

	paused chan struct{} // a reader whose handler has come to the end of a read stops here, if it is not nil
}

func (l *listening) Message(text []byte) (bool, error) {
	l.messages <- string(text)
	return true, nil
}

func (l *listening) Came(_ Amount, err error) error {
	if l.paused != nil {
		l.paused <- struct{}{}
		<-l.paused
	}
	return err
}

func (l *listening) Writable()   {}
func (l *listening) Overloaded() {}

// listen connects two ends; begin starts the reader of one.
func listen(t *testing.T, secure bool) *listening {
	t.Helper()
	return listenAfter(t, secure, func(*listening) {})
}

// listenAfter is listen for a peer that does something as soon as its socket is connected.
func listenAfter(t *testing.T, secure bool, something func(*listening)) *listening {
	t.Helper()
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = below.Close() }()
	group := NewGroup(Limits{MaxMessage: 64 << 10, ControlFrames: 100, WriteWithin: patience, CloseWithin: patience, IncomingBytes: 1 << 20})
	l := &listening{t: t, messages: make(chan string, 1000), err: make(chan error, 1)}
	dialled, err := net.Dial("tcp", below.Addr().String())
	require.NoError(t, err)
	l.peer, l.socket = dialled, dialled.(*net.TCPConn)
	from := below
	if secure {
		certificates := httptest.NewTLSServer(nil)
		certificates.Close()
		from = ListenTLS(below, &tls.Config{Certificates: certificates.TLS.Certificates})
		l.peer = tls.Client(dialled, &tls.Config{InsecureSkipVerify: true})
	}
	accepted, err := from.Accept()
	require.NoError(t, err)
	if secure {
		shaken := make(chan error, 1)
		go func() { shaken <- accepted.(*tls.Conn).Handshake() }()
		require.NoError(t, l.peer.(*tls.Conn).Handshake())
		require.NoError(t, <-shaken)
	}
	something(l)
	l.conn = group.NewConn(accepted, nil, l)
	t.Cleanup(func() {
		_ = l.socket.Close()
		l.conn.Cut()
		l.conn.Finish()
		group.Close()
	})
	return l
}

func (l *listening) begin() { go func() { l.err <- l.conn.Read() }() }

// send has the peer send bytes.
func (l *listening) send(b []byte) {
	l.t.Helper()
	_, err := l.peer.Write(b)
	require.NoError(l.t, err)
}

// wants receives one message.
func (l *listening) wants(text string) {
	l.t.Helper()
	select {
	case got := <-l.messages:
		require.True(l.t, text == got, "%d bytes instead of %d", len(got), len(text))
		return
	case err := <-l.err:
		l.err <- err
	case <-time.After(patience):
		require.FailNow(l.t, "a message is missing")
	}
	select { // it may have been the last
	case got := <-l.messages:
		require.True(l.t, text == got, "%d bytes instead of %d", len(got), len(text))
	default:
		require.FailNow(l.t, "it has ended", "%v", <-l.err)
	}
}

// wantsEnd waits until the reader has ended, and returns why.
func (l *listening) wantsEnd() error {
	l.t.Helper()
	select {
	case err := <-l.err:
		return err
	case <-time.After(patience):
		require.FailNow(l.t, "the end was missed")
		return nil
	}
}

func textFrame(text string) []byte {
	b := make([]byte, frame.MaxHeader)
	n := frame.PutHeader(b, frame.Text, len(text))
	b = append(b[:n:n], 0, 0, 0, 0)
	b[1] |= 0x80
	return append(b, text...)
}

// secured runs a test for a plain socket and for one with TLS.
func secured(t *testing.T, test func(t *testing.T, secure bool)) {
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) { test(t, secure) })
	}
}

// The ways in which a peer ends, and what the reader must return.
var ends = map[string]struct {
	end  func(l *listening)
	want error
}{
	"FIN":   {func(l *listening) { _ = l.socket.CloseWrite() }, io.EOF},
	"close": {func(l *listening) { _ = l.socket.Close() }, io.EOF},
	"RST": {func(l *listening) {
		_ = l.socket.SetLinger(0)
		_ = l.socket.Close()
	}, syscall.ECONNRESET},
}

// TestEndBehindAShortRead: an end that comes together with the bytes before it is noticed at
// once. The reader is in its handler until both have come, so that one event is for both.
func TestEndBehindAShortRead(t *testing.T) {
	secured(t, func(t *testing.T, secure bool) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				for range 50 {
					l := listen(t, secure)
					l.paused = make(chan struct{})
					l.begin()
					l.send(textFrame("first"))
					<-l.paused
					l.send(textFrame("last"))
					end.end(l)
					l.eventsCome()
					l.paused <- struct{}{}
					l.wants("first")
					l.wants("last")
					<-l.paused
					l.paused <- struct{}{}
					require.ErrorIs(t, l.wantsEnd(), end.want)
				}
			})
		}
	})
}

// TestEndBeforeTheReader: an end that comes before the reader begins is noticed, too.
func TestEndBeforeTheReader(t *testing.T) {
	secured(t, func(t *testing.T, secure bool) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				for range 100 {
					l := listenAfter(t, secure, func(l *listening) {
						l.send(textFrame("only"))
						end.end(l)
					})
					l.eventsCome()
					l.begin()
					l.wants("only")
					require.ErrorIs(t, l.wantsEnd(), end.want)
				}
			})
		}
	})
}

// eventsCome returns when Go's poller has seen what the peer has sent until now: another
// connection's events come behind it.
func (l *listening) eventsCome() {
	l.t.Helper()
	other := listen(l.t, false)
	other.begin()
	other.send(textFrame("behind"))
	other.wants("behind")
}

// TestEndsAndSplitsAnyhow: for any split of the bytes, and any delay of the end behind the last,
// each message and the end are passed on at once.
func TestEndsAndSplitsAnyhow(t *testing.T) {
	secured(t, func(t *testing.T, secure bool) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				for round := range 60 {
					random := rand.New(rand.NewPCG(uint64(round), 9))
					l := listen(t, secure)
					l.begin()
					var all []byte
					var texts []string
					for n := range 1 + random.IntN(20) {
						texts = append(texts, fmt.Sprint(n, strings.Repeat("x", 1<<random.IntN(16))))
						all = append(all, textFrame(texts[n])...)
					}
					wanted := 0
					for sent := 0; sent < len(all); {
						piece := min(1+random.IntN(1<<random.IntN(17)), len(all)-sent)
						l.send(all[sent : sent+piece])
						sent += piece
						if random.IntN(4) == 0 { // an answer is waited for: nothing more comes before
							for ; wanted < len(texts) && whole(texts[:wanted+1]) <= sent; wanted++ {
								l.wants(texts[wanted])
							}
						}
					}
					if want := end.want; want == syscall.ECONNRESET {
						for ; wanted < len(texts); wanted++ { // a reset may overtake bytes
							l.wants(texts[wanted])
						}
					}
					end.end(l)
					for ; wanted < len(texts); wanted++ {
						l.wants(texts[wanted])
					}
					require.ErrorIs(t, l.wantsEnd(), end.want)
				}
			})
		}
	})
}

// whole is how many bytes the frames of texts have.
func whole(texts []string) (n int) {
	for _, text := range texts {
		n += len(textFrame(text))
	}
	return n
}

// TestHalfClosedPeerIsWrittenTo: a peer that has sent its FIN still receives, until the reader
// has closed the connection.
func TestHalfClosedPeerIsWrittenTo(t *testing.T) {
	l := listen(t, false)
	l.begin()
	l.send(textFrame("last"))
	require.NoError(t, l.socket.CloseWrite())
	l.wants("last")
	require.ErrorIs(t, l.wantsEnd(), io.EOF)
	answer := frame.AppendControl(nil, frame.Ping, nil)
	require.NoError(t, l.conn.Send(answer, 1, nil))
	got := make([]byte, len(answer))
	require.NoError(t, l.socket.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.ReadFull(l.peer, got)
	require.NoError(t, err)
	require.Equal(t, answer, got)
}

// TestClosedConnectionEndsItsReader: in its handler or waiting, between records or in one read
// full of frames.
func TestClosedConnectionEndsItsReader(t *testing.T) {
	secured(t, func(t *testing.T, secure bool) {
		l := listen(t, secure)
		l.paused = make(chan struct{})
		l.begin()
		l.send([]byte(strings.Repeat(string(textFrame(strings.Repeat("x", 1000))), 100))) // more than one read takes
		<-l.paused
		require.True(t, l.conn.Close(End{Code: 1000}, false))
		l.paused <- struct{}{}
		require.True(t, errors.As(l.wantsEnd(), new(net.Error)))

		l = listen(t, secure)
		l.begin()
		l.send(textFrame("one"))
		l.wants("one")
		require.True(t, l.conn.Close(End{Code: 1000}, false))
		require.True(t, errors.As(l.wantsEnd(), new(net.Error)))
	})
}
