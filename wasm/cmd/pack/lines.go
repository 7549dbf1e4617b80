package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// dropLines clears the tables of files and line numbers in the data of a Go program, 15 % of
// what the page must load, and those of unsafe points, which only preemption by signals reads:
// WebAssembly has none, and those that print a function's arguments. A stack trace still names its
// functions. The runtime takes a table at offset 0 for a missing one and prints "?:0"
// (runtime.pcvalue; the layout is that of runtime.pcHeader and runtime._func, unchanged since Go
// 1.20), and funcdata at offset 1<<32-1 (runtime.funcdata).
func dropLines(memory []byte) error {
	const headerSize, funcSize = 72, 44
	header := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8} // magic, two bytes of padding, pc unit, pointer size
	at := bytes.Index(memory, header)
	if at < 0 || at+headerSize > len(memory) {
		return errUnknownTable
	}
	table := memory[at:]
	word := func(n int) uint64 { return binary.LittleEndian.Uint64(table[8*n:]) }
	functions, units, files, streams, entries := word(1), word(5), word(6), word(7), word(8)
	if !slices.IsSorted([]uint64{headerSize, units, files, streams, entries, entries + 8*functions, uint64(len(table))}) {
		return errUnknownTable
	}
	clear(table[units:streams]) // the files of each package, and their names
	values := table[streams:entries]
	kept := make([]bool, len(values))
	half := binary.LittleEndian.Uint32
	for i := range functions {
		at := entries + uint64(half(table[entries+8*i+4:]))
		if at+funcSize > uint64(len(table)) {
			return errUnknownTable
		}
		f := table[at:]
		clear(f[20:28]) // pcfile and pcln
		clear(f[32:40]) // cuOffset, of the files, and startLine
		data, more := uint64(half(f[28:])), uint64(f[43])
		if at+funcSize+4*(data+more) > uint64(len(table)) {
			return errUnknownTable
		}
		for _, n := range []uint64{0, 3} { // abi.PCDATA_UnsafePoint, PCDATA_ArgLiveIndex
			if n < data {
				clear(f[funcSize+4*n:][:4])
			}
		}
		for _, n := range []uint64{5, 6} { // abi.FUNCDATA_ArgInfo, FUNCDATA_ArgLiveInfo
			if n < more {
				binary.LittleEndian.PutUint32(f[funcSize+4*(data+n):], 1<<32-1)
			}
		}
		if !keep(values, kept, half(f[16:])) {
			return errUnknownTable
		}
		for n := range data {
			if !keep(values, kept, half(f[funcSize+4*n:])) {
				return errUnknownTable
			}
		}
	}
	for i := range values {
		if !kept[i] {
			values[i] = 0
		}
	}
	return nil
}

var errUnknownTable = errors.New("the compiler writes its table of functions in an unknown way: extend dropLines")

// keep marks the stream of values at an offset, which ends with a zero. Each value but the
// first is the difference to the one before, which is never zero.
func keep(values []byte, kept []bool, offset uint32) bool {
	if offset == 0 {
		return true // no stream
	}
	r := reader{rest: values[min(int(offset), len(values)):]}
	for first := true; r.uint() != 0 && !r.short || first; first = false {
		r.uint()
	}
	end := len(values) - len(r.rest)
	if r.short {
		return false
	}
	for i := int(offset); i < end; i++ {
		kept[i] = true
	}
	return true
}
