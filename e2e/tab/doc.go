// Package tab does in a page what its user would, in any browser that a Driver drives.
package tab
