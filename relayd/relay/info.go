package relay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sebas642/intercessor/protocol"
)

// SetServerInfo sets what HELLO tells clients from now on whose server has not asked for
// anything else: one JSON value of at most [protocol.MaxServerInfo] bytes. nil: nothing,
// as at the start. The error is that of [CheckServerInfo].
func (r *Relay) SetServerInfo(info []byte) error {
	if info == nil {
		r.info.Store(nil)
		return nil
	}
	if err := CheckServerInfo(info); err != nil {
		return err
	}
	info = slices.Clone(info)
	r.info.Store(&info)
	return nil
}

// CheckServerInfo reports why peers could not be told that.
func CheckServerInfo(info []byte) error {
	if len(info) > protocol.MaxServerInfo {
		return fmt.Errorf("must not be longer than %d bytes", protocol.MaxServerInfo)
	}
	err := protocol.Valid(info)
	if err == nil { // it stands in the object of a message
		err = protocol.Valid(slices.Concat([]byte("[["), info, []byte("]]")))
	}
	if err != nil {
		return errors.New("must be one JSON value: " + err.Error())
	}
	return nil
}

func (r *Relay) serverInfo() []byte {
	if info := r.info.Load(); info != nil {
		return *info
	}
	return nil
}
