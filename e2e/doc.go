// Package e2e drives real peers against the real relayd. The tests stand in folders by what
// they drive: wire, native, browser, npm, terminal, network, nat and operate; relayproc, rawpeer,
// sdkpeer, chromium, termproc and netspace do the driving. Here are the tests of the repository itself.
package e2e
