// Package chromium runs headless Chromium, and does in a page what its user would do.
package chromium
