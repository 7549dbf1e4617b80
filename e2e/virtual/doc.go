// Package virtual runs the real relay for tests in a synctest bubble: in this process, in
// virtual time, over a network in memory that a test can cut at any byte, stall, silence or
// shut. A second network, of packets, is for the direct paths of peers (Packets). Its own tests are those of the SDK that need an honest relay.
package virtual
