// Package sdkpeer has the steps that tests make with peers of the Go SDK.
package sdkpeer
