package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/term"
)

func TestWhateverAPeerSendsTheScreenShowsOneHarmlessLine(t *testing.T) {
	const hostile = "\x1b[2J\x1b]0;owned\x07hi\r\n* Ada left\x9b31m\u202e"
	var out bytes.Buffer
	s := newScreen(&out)
	s.event("%s joined", hostile)
	s.said(hostile, hostile)
	s.line(hostile)
	assert.Equal(t, 3, strings.Count(out.String(), "\n"))
	assert.NotContains(t, out.String(), "\x1b")
	assert.NotContains(t, out.String(), "\r")
	assert.NotContains(t, out.String(), "\u202e")
}

func TestALineIsShownAboveTheOneThatIsBeingTyped(t *testing.T) {
	var out bytes.Buffer
	s := newScreen(&out)
	s.tty = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{strings.NewReader("half a li"), &out}, "> ")
	_, err := s.tty.ReadLine()
	assert.ErrorIs(t, err, io.EOF)
	s.said("Ada", "hello")
	assert.True(t, strings.HasSuffix(out.String(), "Ada: hello\r\n> half a li"), "%q", out.String())
}

func TestTheQRCodeIsASquareOfWhiteOnBlack(t *testing.T) {
	lines := strings.Split(strings.TrimRight(inverted(qrCode("http://127.0.0.1:8000/#abc")), "\n"), "\n")
	for _, line := range lines {
		inner, painted := strings.CutPrefix(line, "\x1b[97;40m")
		assert.True(t, painted)
		inner, ended := strings.CutSuffix(inner, "\x1b[0m")
		assert.True(t, ended)
		assert.Len(t, []rune(inner), 2*len(lines)-1)
	}
	assert.Greater(t, len(lines), 10)
}

func TestWithoutColourTheQRCodeHasNoEscapes(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	assert.NotContains(t, inverted(qrCode("http://127.0.0.1:8000/#abc")), "\x1b")
}

func TestALinkSaysHowFarItWorks(t *testing.T) {
	for link, reach := range map[string]reach{
		"http://127.0.0.1:8000/#a": onMachine, "http://[::1]:8000/#a": onMachine, "http://localhost/#a": onMachine, "http://a.localhost./#a": onMachine, "http://[::ffff:127.0.0.1]/#a": onMachine,
		"http://192.168.1.4:8000/#a": onNetwork, "http://10.0.0.1/#a": onNetwork, "http://100.64.0.9/#a": onNetwork, "http://[fe80::1]/#a": onNetwork, "http://[fd00::1]/#a": onNetwork,
		"http://nas/#a": onNetwork, "http://NAS.local/#a": onNetwork, "http://relay.home.arpa/#a": onNetwork,
		"http://192.0.2.1:8000/#a": anywhere, "https://relay.example/#a": anywhere, "http://100.128.0.1/#a": anywhere, "http://[2001:db8::1]/#a": anywhere,
	} {
		assert.Equal(t, reach, reachOf(link), link)
	}
}
