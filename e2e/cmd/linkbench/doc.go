// Command linkbench says what the SDK's link costs, and how soon it is back after a
// fault. Its peers are real ones of package sdk, in this process; the relay is a real
// relayd in a process of its own, which it starts, kills and starts again; networks
// that break are the chaos proxy's.
//
//	go run ./e2e/cmd/linkbench recover
//	go run ./e2e/cmd/linkbench stream --rounds 3 --json
//	go run ./e2e/cmd/linkbench help
//
// Each mode is a file: recover.go, with its kinds in fault.go; stream.go; goodput.go;
// listen.go, whose listener is this program in another process (listener.go). All but it are
// made of pairs (pair.go), a listener and a client that has dialled it. What a relay
// costs without the SDK is relaybench's to say.
//
// It needs Linux: processes' CPU clocks, /proc.
package main
