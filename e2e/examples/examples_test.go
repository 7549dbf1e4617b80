package examples_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// TestExamples runs each example over one relay and in one browser.
func TestExamples(t *testing.T) {
	t.Parallel()
	runs := map[string]func(*testing.T, *stage){"camera": camera, "game": game, "http": serving, "sensors": sensors, "shell": shell}
	s := newStage(t)
	entries, err := os.ReadDir(source)
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.IsDir() {
			require.NotNil(t, runs[entry.Name()], "%s is not run", entry.Name())
			t.Run(entry.Name(), func(t *testing.T) { runs[entry.Name()](t, s) })
		}
	}
}

// TestExamplesAreShort: a reader sees each file whole.
func TestExamplesAreShort(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*/*.go", "*/*.html"} {
		paths, err := filepath.Glob(filepath.Join(source, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		for _, path := range paths {
			require.Less(t, strings.Count(read(t, path), "\n"), 100, path)
		}
	}
}

// Two pages, one after the other, show the moving video.
func camera(t *testing.T, s *stage) {
	link := s.run(t, "go run ./docs/examples/camera", "").line()
	for range 2 {
		tab := s.open(t, link)
		tab.WaitFor("the video", `document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames > 5`)
		require.Equal(t, 320, chromium.Eval[int](tab, `document.querySelector("video").videoWidth`))
		tab.WaitText("#state", "Live")
	}
}

// Two players see each other, and one moves.
func game(t *testing.T, s *stage) {
	link := s.run(t, "go run ./docs/examples/game", "").line()
	one, other := s.open(t, link), s.open(t, link)
	one.WaitText("#state", "2 here; you are at 200, 200.")
	one.Do(`dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }))`)
	one.WaitText("#state", "2 here; you are at 400, 200.")
	other.WaitText("#state", "2 here; you are at 200, 200.")
	other.WaitFor("the other at the edge", `(() => { const [r, g, b] = document.querySelector("canvas").getContext("2d").getImageData(405, 205, 1, 1).data; return b > r })()`)
	one.Close()
	other.WaitText("#state", "1 here")
}

// A Go program and a page get an answer.
func serving(t *testing.T, s *stage) {
	server := s.run(t, "go run ./docs/examples/http", "")
	client, page := server.line(), server.line()
	url := strings.TrimPrefix(client, "client: ")
	require.Regexp(t, `^hello Go, your ID is [0-9a-f-]{36}$`, s.run(t, "go run ./docs/examples/http URL", url).line())
	tab := s.open(t, strings.TrimPrefix(page, "page:   "))
	tab.Click("button")
	tab.WaitText("#answer", "hello Ada, your ID is ")
}

// A dashboard shows the values, and goes on when the program was restarted.
func sensors(t *testing.T, s *stage) {
	const command = "go run ./docs/examples/sensors"
	first := s.run(t, command, "")
	link := first.line()
	tab := s.open(t, link)
	tab.WaitText("tr:nth-child(1)", "°C")
	tab.WaitText("tr:nth-child(3)", "rpm")
	first.kill()
	tab.WaitText("#state", "reconnecting")
	require.Equal(t, link, s.run(t, command, "").line())
	tab.WaitText("#state", "connected")
	tab.WaitText("tr:nth-child(3)", "rpm")
}

// The first client has a shell, and a second one nothing. What the shell runs in the background holds nothing up.
func shell(t *testing.T, s *stage) {
	owner := s.run(t, "go run ./docs/examples/shell", "")
	url := owner.line()
	user := s.run(t, "go run ./docs/examples/shell URL", url)
	_, err := user.stdin.Write([]byte("sleep 1000 & echo $((6 * 7)); exit 3\n"))
	require.NoError(t, err)
	require.Equal(t, "42", user.line())
	_, err = sdk.Dial(patience.Context(t), url, nil)
	require.ErrorIs(t, err, sdk.ErrNoSuchServer)
	require.Equal(t, "exit status 3", user.line())
	require.Contains(t, owner.line(), " has a shell")
	require.Equal(t, "the shell has ended", owner.line())
	require.NoError(t, user.cmd.Wait())
	require.NoError(t, owner.cmd.Wait())

	gone := s.run(t, "go run ./docs/examples/shell", "") // the user's program ends, and with it the shell
	conn := sdkpeer.Dial(t, gone.line())
	stream, err := conn.OpenStream(patience.Context(t), "shell")
	require.NoError(t, err)
	_, err = io.WriteString(stream, "sleep 1000 & echo here\n")
	require.NoError(t, err)
	_, err = io.ReadFull(stream, make([]byte, len("here\n")))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Contains(t, gone.line(), " has a shell")
	require.Equal(t, "the shell has ended", gone.line())
}
