package signaling_test

import (
	"os"
	"strings"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/require"
)

// server gives the URL of the bad relay that whoever runs this test has started.
func server(t testing.TB) string {
	url := os.Getenv("BADRELAY")
	require.NotEmpty(t, url, "set BADRELAY to what the command ./sdk/internal/badrelay/serve prints")
	return url
}

// fetch gets a page of the bad relay.
func fetch(t testing.TB, url string) string {
	got := make(chan string, 1)
	done := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- args[0].String()
		return nil
	})
	defer done.Release()
	text := js.FuncOf(func(_ js.Value, args []js.Value) any { return args[0].Call("text") })
	defer text.Release()
	js.Global().Call("fetch", "http"+strings.TrimPrefix(url, "ws")).Call("then", text).Call("then", done)
	return <-got
}
