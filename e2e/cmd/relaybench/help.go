//go:build linux

package main

const usage = `relaybench says what a relay costs on this machine.

Usage:
  relaybench MODE [flags] [-- flags of relayd]
  relaybench help MODE     list the flags of a mode

Modes:
%s
Every mode but limit starts a relay: the workspace's relayd, which it builds, or
the one of --relayd, or it takes one that runs, with --url and --pid. The relay
gets GOMAXPROCS=1 and the machine's first core, the load the last one; --pin=false
leaves that to the kernel.

What the figures mean:
  message        one that is relayed. A client's message and its server's answer are two.
  CPU time       of the relay's process, user and kernel mode, divided by the messages. The
                 kernel's work on a loopback connection counts where it is done, mostly at
                 who sends, so the relay pays for its writes and not for the load's.
  CPU time of the load
                 the same for this process. Where it is the greater one, as with windows,
                 where each message is still a write of its own (see --bursts), the load sets
                 the messages a second. The CPU time of a message is right even so.
  half a round trip
                 from when a client sends to when the answer is there, divided by two. In a
                 closed loop it follows from the rate: windows make it long. In the mode
                 rate it begins when the message was due, sent in time or not.
  p99            99 of 100 are not slower.
  ratio          CPU time of the relay divided by that of the forwarder, which reads and
                 writes the same bytes on the same connections and does nothing else: what
                 the operating system asks for. It is the figure to compare machines by. With
                 --against or --v1 it is divided by that of the other relay, or with base peers.
  resident memory
                 VmRSS, once it does not change any more, without what the kernel holds for
                 the sockets. For each peer: less that of the relay before, divided.
  connect        TCP, with --tls its handshake (TLS 1.3, ECDSA P-256, no session resumed), the
                 WebSocket handshake, HELLO.
  visit          connect, a message, leaving with a close frame.

To repeat a figure, give the machine nothing else to do, and compare rather than measure:
  relaybench compare --rounds 5
  relaybench compare --relayd NEW --against OLD    two builds, by turns

It ends with 0, with 1 when something failed, with 2 when the call was wrong.
`
