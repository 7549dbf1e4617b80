//go:build linux

package main

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench/benchtest"
)

func TestMain(m *testing.M) { benchtest.Main(m, turnbench) }

func TestBothServersRelay(t *testing.T) {
	benchtest.Measure(t, turnbench, 1, "coturn_cpu_us_per_packet_median relayd_cpu_us_per_packet_median ratio_median packets_per_second_ratio_median", "",
		strings.Fields("compare --json --pairs 2 --window 4 --rounds 1 --for 2s")...)
}

func TestMessagesBesideAFlood(t *testing.T) {
	benchtest.Measure(t, turnbench, 1, "idle_round_trip_us_p99_median flooded_round_trip_us_p99_median turn_mb_per_second", "",
		append(strings.Fields("beside --json --pairs 2 --rate 100 --rounds 1 --for 2s --relayd"), benchtest.Relayd(t))...)
}

func TestAWrongCallIsToldWhatIsWrong(t *testing.T) {
	benchtest.Fails(t, turnbench, 2, map[string]string{
		"compare --size 1501": "--size is 1501 and must be at most 1500",
		"compare --pairs 0":   "--pairs is 0, which is too little",
	})
}
