package sdkpeer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// A File is the stream of one file (web/CHAT.md).
type File struct {
	*sdk.Stream
	c    *Chatter
	came *bufio.Reader
}

// OpenFile opens the stream of a file and says lines on it; AcceptFile waits for the page's next.
func (c *Chatter) OpenFile(lines ...any) *File {
	c.T.Helper()
	s, err := c.Conn.OpenStream(c.Ctx, "file")
	require.NoError(c.T, err)
	f := &File{s, c, bufio.NewReader(s)}
	f.Say(lines...)
	return f
}

func (c *Chatter) AcceptFile() *File {
	c.T.Helper()
	s, err := c.Conn.AcceptStream(c.Ctx)
	require.NoError(c.T, err)
	require.Equal(c.T, "file", s.Name())
	return &File{s, c, bufio.NewReader(s)}
}

// Say writes values as lines; a string is written as it is.
func (f *File) Say(lines ...any) {
	f.c.T.Helper()
	for _, line := range lines {
		text, raw := line.(string)
		if !raw {
			b, err := json.Marshal(line)
			require.NoError(f.c.T, err)
			text = string(b) + "\n"
		}
		_, err := io.WriteString(f, text)
		require.NoError(f.c.T, err)
	}
}

// Line returns the page's next line, but for those that say that it needs longer.
func (f *File) Line() string {
	f.c.T.Helper()
	for {
		line, err := f.came.ReadString('\n')
		require.NoError(f.c.T, err)
		if !strings.HasPrefix(line, `{"waiting":`) {
			return line
		}
	}
}

// Asks waits until the page says that it asks its user.
func (f *File) Asks() {
	f.c.T.Helper()
	line, err := f.came.ReadString('\n')
	require.NoError(f.c.T, err)
	require.JSONEq(f.c.T, `{"waiting":600,"user":true}`, line)
}

// JSON is Line for an object.
func (f *File) JSON(v any) error { return json.Unmarshal([]byte(f.Line()), v) }

// Content returns the next bytes of the page.
func (f *File) Content(size int) []byte {
	f.c.T.Helper()
	b := make([]byte, size)
	_, err := io.ReadFull(f.came, b)
	require.NoError(f.c.T, err)
	return b
}

// Ends waits until the page has closed its direction.
func (f *File) Ends() {
	f.c.T.Helper()
	rest, err := io.ReadAll(f.came)
	require.NoError(f.c.T, err)
	require.Empty(f.c.T, string(rest))
}

// GiveFile sends the page a file whole.
func (c *Chatter) GiveFile(name string, content []byte) {
	c.T.Helper()
	f := c.OpenFile(map[string]any{"name": name, "size": len(content)})
	require.JSONEq(c.T, `{"from":0}`, f.Line())
	f.Say(map[string]int{"from": 0}, string(content), map[string]string{"sha256": Sum(content)})
	require.NoError(c.T, f.CloseWrite())
	require.JSONEq(c.T, Received(content), f.Line())
	f.Ends()
}

// TakeFile takes a file of the page whole, and returns its offer.
func (c *Chatter) TakeFile() (offer Offer, content []byte) {
	c.T.Helper()
	f := c.AcceptFile()
	require.NoError(c.T, json.Unmarshal([]byte(f.Line()), &offer))
	f.Say(map[string]int{"from": 0})
	require.JSONEq(c.T, `{"from":0}`, f.Line())
	content = f.Content(offer.Size)
	require.JSONEq(c.T, `{"sha256":"`+Sum(content)+`"}`, f.Line())
	f.Ends()
	f.Say(Received(content) + "\n")
	require.NoError(c.T, f.CloseWrite())
	return offer, content
}

// An Offer is the first line of a file.
type Offer struct {
	Name     string `json:"name"`
	Size     int    `json:"size"`
	Modified int64  `json:"modified"`
	Folder   string `json:"folder,omitempty"`
	Of       Set    `json:"of,omitzero"`
}

// A Set is what a sender says of several files, or of a folder.
type Set struct {
	ID          string
	Files, Size int
}

// Received is the answer to a file that came whole.
func Received(content []byte) string {
	b, _ := json.Marshal(map[string]any{"received": len(content), "sha256": Sum(content)})
	return string(b)
}

// Sum returns the hash of content as it is written.
func Sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
