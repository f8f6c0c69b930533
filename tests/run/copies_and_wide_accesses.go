// Conversions that need no copy, branches that are never taken, and bytes that are read and written as one number.
package main

import (
	"encoding/binary"
	"fmt"
	"runtime"
)

const debug = false

func overwrite(b []byte) string {
	b[0] = 'X'
	return "abc"
}

func compare() {
	b := []byte("abc")
	fmt.Println(string(b) == "abc", "abc" == string(b), string(b) == string(b[:2])+"c", string(b) < "abd")
	before := string(b)
	fmt.Println(before == overwrite(b), before == string(b), string(b))
	var none []byte
	fmt.Println(string(none) == "", string(none) == string(b[:0]), string(b) != string(none))
	m := map[string]int{"Xbc": 1, "": 2}
	v, ok := m[string(b)]
	fmt.Println(v, ok, m[string(none)], m[string(b[1:])])
	m[string(b)]++
	m[string(b[1:])] = 7
	b[0], b[1] = '?', '?'
	fmt.Println(m["Xbc"], m["bc"], len(m))
}

//go:noinline
func rarely(x *int) (r int) {
	r = 1
	if debug {
		defer func() { r = 100 }()
	}
	if !debug && x != nil {
		r += *x
	}
	if debug || x == nil {
		r += 10
	} else if debug {
		r += 1000
		defer panic("never")
	}
	return r
}

func name() string {
	if debug {
		return func() string { return "never" }()
	}
	f := func() string {
		pc, _, _, _ := runtime.Caller(0)
		return runtime.FuncForPC(pc).Name()
	}
	return f()
}

//go:noinline
func mixed(b []byte, i int) (uint16, uint32, uint64) {
	return uint16(b[i+1])<<8 | uint16(b[i]),
		uint32(b[i])<<24 | uint32(b[i+1])<<16 | uint32(b[i+2])<<8 | uint32(b[i+3]),
		uint64(b[i]) | uint64(b[i+1])<<8 | uint64(b[i+2])<<16 | uint64(b[i+3])<<24 |
			uint64(b[i+4])<<32 | uint64(b[i+5])<<40 | uint64(b[i+6])<<48 | uint64(b[i+7])<<56
}

//go:noinline
func between(b []byte) uint16 {
	lo := b[0]
	b[1] = 9
	return uint16(lo) | uint16(b[1])<<8
}

// Some of the bytes are there when the last index is out of range.
func partly(b []byte, v uint32) (err any) {
	defer func() { err = recover() }()
	b[0] = byte(v)
	b[1] = byte(v >> 8)
	b[2] = byte(v >> 16)
	b[3] = byte(v >> 24)
	return nil
}

func bytes() {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8, 200, 201}
	for _, i := range []int{0, 1, 2} {
		x, y, z := mixed(b, i)
		fmt.Printf("%x %x %x\n", x, y, z)
	}
	fmt.Println(between(b))
	fmt.Println(partly(b[:3:3], 0xaabbccdd), b)
	fmt.Println(partly(b[:4], 0x01020304), b)
	binary.BigEndian.PutUint64(b[1:], 0x1122334455667788)
	binary.LittleEndian.PutUint16(b, 0xfffe)
	fmt.Printf("%x %x %x\n", b, binary.LittleEndian.Uint64(b[2:]), binary.BigEndian.Uint32(b[3:]))
	fmt.Printf("%x\n", binary.LittleEndian.AppendUint32(binary.BigEndian.AppendUint16(b[:1], 0xabcd), 0x98765432))
}

// Counts that end inside of a strip of a thousand rounds, at its end and behind it, and at the end of the type's range.
func strips() {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 2048, 5000} {
		up, down, last := 0, 0, -1
		for i := 0; i < n; i++ {
			up += i
			last = i
		}
		for i := n; i > 0; i-- {
			down += i
		}
		fmt.Println(n, up, down, last)
	}
	const top = 1<<63 - 1
	n := 0
	for i := top - 3000; i < top; i++ {
		n++
	}
	var u uint32
	for u = 1<<32 - 1500; u < 1<<32-1; u++ {
		n++
	}
	fmt.Println(n, u)
}

func main() {
	compare()
	two := 2
	fmt.Println(rarely(nil), rarely(&two), name())
	bytes()
	strips()
}
