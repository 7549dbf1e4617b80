// Command serve serves package badrelay on a free port of the loopback address,
// which it prints, for tests in a browser. It ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"

	"github.com/sebas642/intercessor/sdk/internal/badrelay"
)

func main() {
	server := httptest.NewServer(badrelay.New(context.Background()))
	defer server.Close()
	fmt.Println("ws" + server.URL[len("http"):])
	_, _ = io.Copy(io.Discard, os.Stdin)
}
