//go:build linux

package main

const usage = `linkbench says what the SDK's link costs on this machine, and how soon it is back after a
fault.

Usage:
  linkbench MODE [flags] [-- flags of relayd]
  linkbench help MODE     list the flags of a mode

Modes:
%s
Each mode starts a relay: the workspace's relayd, which it builds, or the one of --relayd,
with an empty state folder. The peers are real ones of the SDK, in this process; the
listener of the mode listen has a process of its own.

What the figures mean:
  cut            one pair that is cut off once. Many are at once: so a relay that is
                 killed under 100 pairs is 100 cuts. Of rst and silence, the clients'
                 connections are cut in the first round, then the servers', and so on.
  from the cut to the next message
                 until each end of the pair has got a message that the other sent after the
                 cut. Each end says something every 50 ms, cut off or not. kill includes
                 the start of the new relay.
  longest gap between messages
                 for drain, where a pair is cut at a moment of its own: what an application
                 notices. From SIGTERM on, in the worse of both directions. For goodput, while
                 it is measured: a gap of much more than some round trips is a machine that
                 was busy with something else, or a bug.
  until the SDK says so
                 until the Conn of either end is Reconnecting; then until both are Connected.
  lost           was sent and never received; 0, as repeated and reordered are. Otherwise the
                 call ends with 1.
  base           the same SDK, and the same relay, where the handshake asks for no
                 subprotocol: no link, no outcome.
  CPU time       of the relay's process, and of this one, which is both peers, user and
                 kernel mode, divided by the messages. They go one way, with 64 under way.
  ratio          linked divided by base, of one round. It is the figure to compare machines by.
  LINK_ACK       acknowledgements that are frames of their own, of both directions.
  goodput        bytes of messages a second that the server receives, from a client that is
                 a round trip of 50 ms away. What is under way over the relay is at most half
                 of the relay's outbox: 128 KiB, so some 2.6 MB/s.
  resident memory
                 VmRSS of the listener's process, once it does not change any more; for each
                 client: less that without clients, divided.

To repeat a figure, give the machine nothing else to do.

It ends with 0, with 1 when something failed, with 2 when the call was wrong.
`
