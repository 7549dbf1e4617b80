//go:build linux

package main

import (
	"io"
	"math/rand/v2"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// maxCarried bounds the frames that a cable carries at once, each way.
const maxCarried = 1 << 13

// A cable joins two network namespaces, with a process in each: an End. It delays, loses and
// limits frames, on kernels without netem too. Its ends are TAP devices, so it needs root. The
// ends reach the relay by other means: a Unix socket.
type cable struct {
	run   *bench.Run
	ends  [2]*rpc.Client
	child [2]*bench.Child
	taps  [2]*os.File

	delay time.Duration // of each direction, as is what follows; static
	loss  float64       // the share of the frames that is lost
	rate  float64       // bytes a second
	queue time.Duration // how long a frame may wait for its turn

	running sync.WaitGroup // carry
}

// addresses are those of the two ends.
var addresses = [2]string{"10.99.0.1", "10.99.0.2"}

// newCable makes a cable, and starts an End at each side. relay is the path of the relay's Unix
// socket.
func newCable(r *bench.Run, relay string, roundTrip time.Duration, loss, mbit float64) *cable {
	c := &cable{run: r, delay: roundTrip / 2, loss: loss, rate: mbit * 1e6 / 8, queue: max(roundTrip, 20*time.Millisecond)}
	for i := range c.ends {
		c.plug(i, relay)
	}
	for i := range c.taps {
		c.running.Go(func() { c.carry(c.taps[i], c.taps[1-i]) })
	}
	return c
}

// plug makes a namespace with one end of the cable. The thread returns from it afterwards.
func (c *cable) plug(i int, relay string) {
	r := c.run
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	r.Check(err)
	defer home.Close()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		r.Fail("cannot make a network namespace: %w; run this as root", err)
	}
	defer func() {
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) != nil {
			runtime.LockOSThread() // never used again
		}
	}()
	c.taps[i], err = openTAP("eth0")
	r.Check(err)
	for _, command := range []string{"link set lo up", "link set eth0 addrgenmode none", "addr add " + addresses[i] + "/24 dev eth0",
		"link set eth0 txqueuelen 1000 up"} {
		if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			r.Fail("ip %s: %w: %s", command, err, out)
		}
	}
	cmd := exec.Command(os.Args[0], endMode, relay)
	in, err := cmd.StdinPipe()
	r.Check(err)
	out, err := cmd.StdoutPipe()
	r.Check(err)
	c.child[i] = r.Start(cmd)
	c.ends[i] = jsonrpc.NewClient(struct {
		io.Reader
		io.WriteCloser
	}{out, in})
}

func openTAP(name string) (*os.File, error) {
	const device = "/dev/net/tun"
	fd, err := unix.Open(device, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: device, Err: err}
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("TUNSETIFF", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// A carried frame is on the cable until it is due.
type carried struct {
	frame []byte
	due   time.Time
}

// carry carries the frames of one direction until the cable is closed.
func (c *cable) carry(from, to *os.File) {
	under := make(chan carried, maxCarried)
	defer close(under)
	c.running.Go(func() {
		for f := range under {
			time.Sleep(time.Until(f.due))
			_, _ = to.Write(f.frame)
		}
	})
	var free time.Time // when the frames before have left
	for {
		frame := make([]byte, 1<<11)
		n, err := from.Read(frame)
		if err != nil {
			return
		}
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		if rand.Float64() < c.loss || free.Sub(now) > c.queue {
			continue
		}
		free = free.Add(time.Duration(float64(n) / c.rate * float64(time.Second)))
		select {
		case under <- carried{frame[:n], free.Add(c.delay)}:
		default:
		}
	}
}

// call calls a method of an End.
func (c *cable) call(i int, method string, args, reply any) {
	call := c.ends[i].Go("End."+method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if call.Error != nil {
			c.run.Fail("%s: %w", method, call.Error)
		}
	case <-time.After(2 * patience):
		c.run.Fail("%s takes longer than %v", method, 2*patience)
	case <-c.run.Ctx.Done():
		c.run.Check(c.run.Ctx.Err())
	}
}

func (c *cable) close() {
	for i := range c.ends {
		c.child[i].End()
		_ = c.taps[i].Close()
	}
	c.running.Wait()
}
