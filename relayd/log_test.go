package main

import (
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestPanicOfAHandlerIsAnError in the log, and what net/http says of a client is not.
func TestPanicOfAHandlerIsAnError(t *testing.T) {
	out := new(page)
	r := relay.New(relay.Config{Log: newLog(out, "text", slog.LevelInfo)})
	defer func() { require.NoError(t, r.Shutdown(t.Context())) }()
	server := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a mistake") }), r.ErrorLog())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, err = http.Get("http://" + listener.Addr().String() + "/")
	require.ErrorIs(t, err, io.EOF)
	server.ErrorLog.Print("http: TLS handshake error from 192.0.2.1:1: EOF")
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-ended, http.ErrServerClosed)
	require.Regexp(t, `^time=\S+ level=ERROR msg="http: panic serving .*: a mistake\\n.*"\n$`, out.turn())
}

// TestLogOfLibraries: what others write with the standard packages goes the same way.
func TestLogOfLibraries(t *testing.T) {
	before, beforeLog := slog.Default(), log.Writer()
	t.Cleanup(func() { slog.SetDefault(before); log.SetOutput(beforeLog) })
	out := new(page)
	l := openLog(out, config.Log{Format: "json"})
	log.Print("unsolicited response")
	slog.Warn("another")
	l.close()
	text := out.turn()
	require.Contains(t, text, `"msg":"unsolicited response"`)
	require.Contains(t, text, `"msg":"another"`)
}
