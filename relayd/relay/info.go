package relay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// SetServerInfo sets what HELLO tells clients from now on whose server has not asked for
// anything else: one JSON value of at most [protocol.MaxServerInfo] bytes. nil: nothing,
// as at the start.
func (r *Relay) SetServerInfo(info []byte) error {
	if info == nil {
		r.info.Store(nil)
		return nil
	}
	if len(info) > protocol.MaxServerInfo {
		return fmt.Errorf("the server information must not be longer than %d bytes", protocol.MaxServerInfo)
	}
	err := protocol.Valid(info)
	if err == nil { // it stands in the object of a message
		err = protocol.Valid(slices.Concat([]byte("[["), info, []byte("]]")))
	}
	if err != nil {
		return errors.New("the server information must be one JSON value: " + err.Error())
	}
	info = slices.Clone(info)
	r.info.Store(&info)
	return nil
}

func (r *Relay) serverInfo() []byte {
	if info := r.info.Load(); info != nil {
		return *info
	}
	return nil
}
