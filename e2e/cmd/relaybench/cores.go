//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cores says who runs where. Empty: wherever the kernel likes.
type cores struct{ target, load []int }

// planCores gives the target the first cores and the load the last, if there is
// one for each.
func planCores(procs int) cores {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return cores{}
	}
	var all []int
	for core := 0; len(all) < allowed.Count(); core++ {
		if allowed.IsSet(core) {
			all = append(all, core)
		}
	}
	if procs = max(procs, 1); procs >= len(all) {
		return cores{}
	}
	return cores{target: all[:procs], load: all[len(all)-1:]}
}

func (c cores) String() string {
	if len(c.target) == 0 {
		return "on whatever core"
	}
	return fmt.Sprintf("on core %s, the load on %s", list(c.target), list(c.load))
}

func list(cores []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(cores), " ", ","), "[]")
}

// onCores starts a process that may run on these cores only: it inherits them
// from the thread that starts it.
func onCores(cores []int, start func() error) error {
	if len(cores) == 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("cannot read the cores of this thread: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	if err := unix.SchedSetaffinity(0, setOf(cores)); err != nil {
		return fmt.Errorf("cannot choose the target's cores: %w; --pin=false leaves them alone", err)
	}
	return start()
}

// pinLoad keeps this process on the load's cores: the threads that it has, from
// which later ones inherit.
func (c cores) pinLoad() error {
	if len(c.load) == 0 {
		return nil
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("cannot list the threads of this process: %w", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, setOf(c.load)); err != nil && err != unix.ESRCH {
			return fmt.Errorf("cannot choose the load's cores: %w; --pin=false leaves them alone", err)
		}
	}
	return nil
}

func setOf(cores []int) *unix.CPUSet {
	set := new(unix.CPUSet)
	for _, core := range cores {
		set.Set(core)
	}
	return set
}
