package package_test

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const nonroot = 65532

// image is what `docker save` gives: a configuration, and layers that make a file system.
type image struct {
	Config struct {
		User         string
		Env          []string
		Entrypoint   []string
		ExposedPorts map[string]struct{}
		Volumes      map[string]struct{}
		Healthcheck  struct {
			Test    []string
			Timeout time.Duration
		}
	}
	folder string
}

func loadImage(t *testing.T) *image {
	t.Helper()
	files := make(map[string][]byte)
	archive := tar.NewReader(strings.NewReader(read(t, "bin/relayd-image.tar")))
	for header := range entries(t, archive) {
		content, err := io.ReadAll(archive)
		require.NoError(t, err)
		files[header.Name] = content
	}
	var manifest []struct {
		Config string
		Layers []string
	}
	require.NoError(t, json.Unmarshal(files["manifest.json"], &manifest))
	require.Len(t, manifest, 1)
	i := &image{folder: t.TempDir()}
	require.NoError(t, os.Chmod(i.folder, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(i.folder), 0o755))
	require.NoError(t, json.Unmarshal(files[manifest[0].Config], i))
	for _, layer := range manifest[0].Layers {
		i.unpack(t, files[layer])
	}
	return i
}

func entries(t *testing.T, archive *tar.Reader) func(func(*tar.Header) bool) {
	return func(yield func(*tar.Header) bool) {
		for {
			header, err := archive.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			require.NoError(t, err)
			if !yield(header) {
				return
			}
		}
	}
}

func (i *image) unpack(t *testing.T, layer []byte) {
	t.Helper()
	archive := tar.NewReader(bytes.NewReader(layer))
	for header := range entries(t, archive) {
		path := filepath.Join(i.folder, header.Name)
		switch header.Typeflag {
		case tar.TypeDir:
			require.NoError(t, os.MkdirAll(path, 0o755))
		case tar.TypeReg:
			content, err := io.ReadAll(archive)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, content, 0o600))
		default:
			t.Fatalf("the image has something that is no file: %s", header.Name)
		}
		require.NoError(t, os.Chown(path, header.Uid, header.Gid))
		require.NoError(t, os.Chmod(path, header.FileInfo().Mode().Perm()))
	}
}

// command is what an engine would run: the image's user, variables and root.
func (i *image) command(args []string, env ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: args[0], Args: args, Dir: "/",
		Env:         append(i.Config.Env, env...),
		SysProcAttr: &syscall.SysProcAttr{Chroot: i.folder, Credential: &syscall.Credential{Uid: nonroot, Gid: nonroot}},
	}
}

func TestImageSaysWhatItNeeds(t *testing.T) {
	i := loadImage(t)
	require.Equal(t, "65532:65532", i.Config.User, "a number: a name would need /etc/passwd, and Kubernetes refuses to believe it")
	require.Equal(t, map[string]struct{}{"/state": {}}, i.Config.Volumes)
	require.Equal(t, map[string]struct{}{"8000/tcp": {}, "8000/udp": {}}, i.Config.ExposedPorts)
	require.Equal(t, []string{"CMD", "/bin/relayd", "healthcheck"}, i.Config.Healthcheck.Test)
	require.Contains(t, i.Config.Env, "RELAYD_LISTEN=:8000")
	code, says := run(t, i.command([]string{"/bin/relayd", "check"}))
	require.Zero(t, code, says)

	authorities, err := os.ReadFile(filepath.Join(i.folder, "etc/ssl/certs/ca-certificates.crt"))
	require.NoError(t, err)
	require.True(t, x509.NewCertPool().AppendCertsFromPEM(authorities))
	require.FileExists(t, filepath.Join(i.folder, "LICENSE"))
}

// TestImageRuns: from the start to SIGTERM, with its own health check.
func TestImageRuns(t *testing.T) {
	i := loadImage(t)
	require.Equal(t, []string{"/state"}, i.writable(t))
	before := i.paths(t)
	address := freeAddress(t)
	healthcheck := func() (int, string) {
		return run(t, i.command(i.Config.Healthcheck.Test[1:], "RELAYD_LISTEN="+address))
	}
	code, says := healthcheck()
	require.Equal(t, 1, code, says)

	relayd := i.command(i.Config.Entrypoint, "RELAYD_LISTEN="+address, "RELAYD_DRAIN=1s")
	var log bytes.Buffer
	relayd.Stderr = &log
	require.NoError(t, relayd.Start())
	ended := make(chan error, 1)
	go func() { ended <- relayd.Wait() }()
	t.Cleanup(func() { _ = relayd.Process.Kill() })
	require.Eventually(t, func() bool { code, says = healthcheck(); return code == 0 }, patience, 50*time.Millisecond)
	require.Contains(t, says, "is well")

	for path, has := range map[string]string{"/": "<html", "/sdk/intercessor.wasm": "\x00asm"} {
		response, err := http.Get("http://" + address + path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Contains(t, string(body), has, path)
	}

	peer, _, err := websocket.Dial(within(t), "ws://"+address+"/server", nil)
	require.NoError(t, err)
	defer func() { _ = peer.CloseNow() }()
	require.NoError(t, relayd.Process.Signal(syscall.SIGTERM))
	for err == nil {
		_, _, err = peer.Read(within(t))
	}
	require.GreaterOrEqual(t, int(websocket.CloseStatus(err)), 4000, "%v", err)
	select {
	case err := <-ended:
		require.NoError(t, err, log.String())
	case <-time.After(patience):
		t.Fatal("relayd does not end")
	}
	require.NotContains(t, log.String(), "ends with this process", "the key is kept")
	code, says = healthcheck()
	require.Equal(t, 1, code, says)
	require.Equal(t, append(before, "/state/resume.key"), i.paths(t), "and nothing else was written")
}

// writable gives where the image's user may write.
func (i *image) writable(t *testing.T) (all []string) {
	i.walk(t, func(path string, info fs.FileInfo) {
		owner := info.Sys().(*syscall.Stat_t)
		require.NotEqual(t, owner.Uid == nonroot, owner.Uid == 0, path)
		if owner.Uid == nonroot || owner.Gid == nonroot || info.Mode().Perm()&0o022 != 0 {
			all = append(all, path)
		}
		require.Zero(t, info.Mode()&(fs.ModeSetuid|fs.ModeSetgid), path)
	})
	return all
}

func (i *image) paths(t *testing.T) (all []string) {
	i.walk(t, func(path string, _ fs.FileInfo) { all = append(all, path) })
	return all
}

func (i *image) walk(t *testing.T, visit func(path string, info fs.FileInfo)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(i.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == i.folder {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			visit(strings.TrimPrefix(path, i.folder), info)
		}
		return err
	}))
}
