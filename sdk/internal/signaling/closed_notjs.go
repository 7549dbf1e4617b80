//go:build !js

package signaling

import "net"

// Is makes errors.Is(ErrClosed, net.ErrClosed) true. On js it is not: package net is large.
func (closedError) Is(target error) bool { return target == net.ErrClosed }
