// Package npm tests the npm package of the JavaScript SDK: small projects that install it, in
// bundlers, pages, workers and Node, talk with native peers over relayd. It has only tests.
package npm
