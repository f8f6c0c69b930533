// The constant-time comparisons of crypto: one of their functions exists as an instruction only.
package main

import "crypto/subtle"

func main() {
	println(subtle.ConstantTimeCompare([]byte("abc"), []byte("abc")), subtle.ConstantTimeCompare([]byte("abc"), []byte("abd")))
	println(subtle.ConstantTimeByteEq(1, 1), subtle.ConstantTimeEq(1, 2), subtle.ConstantTimeLessOrEq(1, 2))
}
