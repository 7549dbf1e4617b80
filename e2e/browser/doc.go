// Package browser tests Chromium against relayd: the SDK in WebAssembly, and the page that
// relayd serves. It has only tests.
package browser
