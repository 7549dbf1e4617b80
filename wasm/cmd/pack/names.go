package main

import (
	"encoding/binary"
	"errors"
	"slices"
)

// splitNames takes the custom sections out of a module, which no execution needs. It returns
// the one with the names of the functions, to which a page that wants readable stack traces
// extends the module by appending it, and drops the others, which describe the build.
// (WebAssembly 2.0, 5.5.3 and 7.4.1.)
func splitNames(module []byte) (rest, names []byte, err error) {
	if len(module) < 8 {
		return nil, nil, errNotWebAssembly
	}
	rest = slices.Clone(module[:8])
	r := reader{rest: module[8:]}
	for len(r.rest) > 0 && !r.short {
		id, content := r.byte(), r.bytes()
		section := append(binary.AppendUvarint([]byte{id}, uint64(len(content))), content...)
		if id != 0 {
			rest = append(rest, section...)
		} else if title := (&reader{rest: content}).bytes(); string(title) == "name" {
			names = section
		}
	}
	if r.short {
		return nil, nil, errors.New("the WebAssembly ends within a section")
	}
	if names == nil {
		return nil, nil, errors.New("the linker has written no names of functions")
	}
	return rest, names, nil
}
