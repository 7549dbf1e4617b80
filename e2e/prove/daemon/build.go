package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

const module = "github.com/sebas642/intercessor/relayd"

// A Build makes relayd's binaries, each once, when it is first needed. It may be used by
// many goroutines at once.
type Build struct {
	folder string
	racing func() (string, error)
	small  func() (string, error)
}

// NewBuild makes a build whose binaries are put into a folder.
func NewBuild(folder string) *Build {
	b := &Build{folder: folder}
	b.racing = sync.OnceValues(func() (string, error) { return b.make("relayd", "1", "-race") })
	b.small = sync.OnceValues(func() (string, error) { return b.make("relayd-small", "0") })
	return b
}

// All builds both binaries now.
func (b *Build) All() error {
	_, racing := b.racing()
	_, small := b.small()
	return errors.Join(racing, small)
}

// make builds one binary, with the overlay of a seeded bug if there is one. That one is
// built without the race detector, because it has to be built anew each time.
func (b *Build) make(name, cgo string, flags ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	path := filepath.Join(b.folder, name)
	if overlay := os.Getenv("INTERCESSOR_OVERLAY"); overlay != "" {
		flags = []string{"-overlay", overlay}
	}
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", path, module)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("relayd cannot be built: %w\n%s", err, out)
	}
	return path, nil
}
