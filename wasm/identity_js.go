package main

import (
	"errors"
	"syscall/js"
)

// store is the Options.Identity that js/identity.js makes: an object with load() and
// save(text), neither of which blocks.
type store struct{ object js.Value }

// Load returns the stored identity of this peer.
func (s store) Load() (text string, err error) {
	err = s.try(func() { text = s.object.Call("load").String() })
	return text, err
}

// Save stores the identity in the page.
func (s store) Save(text string) error {
	return s.try(func() { s.object.Call("save", text) })
}

// try turns an exception of JavaScript into an error.
func (store) try(do func()) (err error) {
	_, err = protect(func() (any, error) { do(); return nil, nil })
	if caught, ok := err.(panicError); ok {
		return errors.New(caught.Error())
	}
	return err
}
