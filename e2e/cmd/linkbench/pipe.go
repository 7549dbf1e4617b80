//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

// pipe compares intercessor pipe, as two processes, with one byte stream of the SDK.
func pipe(flags *pflag.FlagSet) func(*bench.Run) {
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	during := flags.Duration("for", 2*time.Second, "how long to measure")
	warmup := flags.Duration("warmup", 500*time.Millisecond, "the same load before that, not measured")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil, "--limits-peer-bytes", "1GiB", "--limits-stream-bytes", "1GiB") // no pace
		folder, err := os.MkdirTemp("", "linkbench-")
		r.Check(err)
		defer os.RemoveAll(folder)
		program := filepath.Join(folder, "intercessor")
		r.Say("building intercessor")
		out, err := exec.CommandContext(r.Ctx, "go", "build", "-o", program, "github.com/sebas642/intercessor/sdk/cmd/intercessor").CombinedOutput()
		if err != nil {
			r.Fail("cannot build intercessor: %w\n%s", err, out)
		}
		for _, path := range []sdk.Paths{sdk.PathsRelay, sdk.PathsDirect} {
			stream, piped := openStream(r, relay, sdk.Options{Paths: path}), openPipe(r, relay, program, path)
			res := bench.NewResult(fmt.Sprintf("pipe: %d rounds over %s, beside a stream", *rounds, path), "path", string(path))
			r.Compare(res, *rounds, []bench.Figure{{Key: "mb_per_second", Label: "MB a second", Ratio: "mb_per_second_ratio"}},
				[2]bench.Side{rateSide("stream", stream, relay, *during, *warmup), rateSide("pipe", piped, relay, *during, *warmup)})
			stream.close()
			piped.close()
		}
	}
}

func rateSide(name string, f *flow, relay *bench.Relay, during, warmup time.Duration) bench.Side {
	return bench.Side{Name: name, Turn: func() (figures []float64) {
		f.measure(warmup, func() {
			s := f.observe(relay.PID(), during)
			figures = []float64{s.rate() * float64(f.size) / 1e6}
		})
		return figures
	}}
}

// openPipe opens a flow of chunks from the standard input of one process to the standard output
// of another.
func openPipe(r *bench.Run, relay *bench.Relay, program string, path sdk.Paths) *flow {
	start := func(ctx context.Context, args ...string) (*exec.Cmd, io.WriteCloser, io.Reader, *bufio.Reader) {
		cmd := exec.CommandContext(ctx, program, append([]string{"pipe", "--path", string(path)}, args...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		in, err := cmd.StdinPipe()
		r.Check(err)
		out, err := cmd.StdoutPipe()
		r.Check(err)
		said, err := cmd.StderrPipe()
		r.Check(err)
		r.Check(cmd.Start())
		return cmd, in, out, bufio.NewReader(said)
	}
	f := newFlow(r, chunk)
	ctx, stop := context.WithCancel(r.Ctx)
	from, in, _, said := start(ctx, "--relay", "ws://"+relay.Address)
	link := ""
	for link == "" {
		line, err := said.ReadString('\n')
		r.Check(err)
		if rest, ok := strings.CutPrefix(line, "client:"); ok {
			link = strings.TrimSpace(rest)
		}
	}
	to, _, out, _ := start(ctx, link)
	data, got := make([]byte, chunk), make([]byte, chunk)
	f.add(1<<10, func(context.Context) error {
		_, err := in.Write(data)
		return err
	}, func(context.Context) (int, error) { return io.ReadFull(out, got) })
	f.leave = func() {
		stop()
		_, _ = from.Wait(), to.Wait() // they were killed
	}
	return f
}
