package main

import (
	"encoding/binary"
	"errors"
	"slices"
)

// gap is the shortest run of zeros that is left out: a shorter one costs brotli less
// than the address of another piece.
const gap = 128

var errNotWebAssembly = errors.New("the compiler's output is not WebAssembly")

// rewriteData edits the data of a WebAssembly module and writes it with few pieces. Go's linker
// leaves out every run of eight zeros, so there are 60,000 pieces. Their addresses do not compress
// and are a tenth of the download. The resulting module fills its memory with what edit leaves.
// (WebAssembly 2.0, 5.5.14.)
func rewriteData(module []byte, edit func(memory []byte) error) ([]byte, error) {
	if len(module) < 8 || string(module[:4]) != "\x00asm" {
		return nil, errNotWebAssembly
	}
	out := slices.Clone(module[:8])
	r := reader{rest: module[8:]}
	for len(r.rest) > 0 && !r.short {
		id, content := r.byte(), r.bytes()
		if id == 11 {
			memory, err := readData(content)
			if err != nil {
				return nil, err
			}
			if err := edit(memory); err != nil {
				return nil, err
			}
			content = appendData(nil, split(memory))
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(content)))
		out = append(out, content...)
	}
	if r.short {
		return nil, errors.New("the WebAssembly ends within a section")
	}
	return out, nil
}

// readData returns the memory that a data section fills, from address 0 on.
func readData(section []byte) (memory []byte, err error) {
	r := reader{rest: section}
	for range r.uint() {
		// Of memory 0, at the address that the constant i32.const says.
		if r.byte() != 0 || r.byte() != 0x41 {
			return nil, errors.New("the linker makes data segments of an unknown kind: extend readData")
		}
		address := r.sint()
		end := r.byte()
		content := r.bytes()
		if end != 0x0b || r.short || address < 0 || address > 1<<26 {
			return nil, errors.New("a data segment of the WebAssembly is broken")
		}
		if more := int(address) + len(content) - len(memory); more > 0 {
			memory = append(memory, make([]byte, more)...)
		}
		copy(memory[address:], content)
	}
	return memory, nil
}

// A piece is the initial content of memory from an address on.
type piece struct {
	address int64
	content []byte
}

// split returns the memory without its long runs of zeros.
func split(memory []byte) (pieces []piece) {
	begin, end := 0, 0 // of the piece so far
	for i, b := range memory {
		if b == 0 {
			continue
		}
		if i-end >= gap {
			if begin < end {
				pieces = append(pieces, piece{int64(begin), memory[begin:end]})
			}
			begin = i
		}
		end = i + 1
	}
	if begin < end {
		pieces = append(pieces, piece{int64(begin), memory[begin:end]})
	}
	return pieces
}

func appendData(b []byte, pieces []piece) []byte {
	b = binary.AppendUvarint(b, uint64(len(pieces)))
	for _, p := range pieces {
		b = appendSint(append(b, 0, 0x41), p.address)
		b = binary.AppendUvarint(append(b, 0x0b), uint64(len(p.content)))
		b = append(b, p.content...)
	}
	return b
}

// appendSint writes a signed number as WebAssembly does (LEB128).
func appendSint(b []byte, n int64) []byte {
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

// reader reads the elements of WebAssembly. Once something is missing, short is true and
// all results are zero.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.short = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > 1<<32 {
		r.short, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) sint() (n int64) {
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			return n << (57 - shift) >> (57 - shift) // the sign is its highest bit
		}
	}
	r.short = true
	return 0
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.short, r.rest = true, nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
