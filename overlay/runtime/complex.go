// Division of complex numbers.

package runtime

func isNaN(f float64) bool { return f != f }

func isFinite(f float64) bool { return !isNaN(f - f) }

func isInf(f float64) bool { return !isNaN(f) && !isFinite(f) }

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}

// copysign returns f with the sign of sign.
func copysign(f, sign float64) float64 {
	const signBit = 1 << 63
	return float64frombits(float64bits(f)&^signBit | float64bits(sign)&signBit)
}

// complex128div divides n by m: by Smith's method, and then, for NaN results, by the rules of C99's annex G for infinities.
func complex128div(n, m complex128) complex128 {
	a, b := real(n), imag(n)
	c, d := real(m), imag(m)
	var e, f float64
	if abs(c) >= abs(d) {
		ratio := d / c
		denom := c + ratio*d
		e = (a + b*ratio) / denom
		f = (b - a*ratio) / denom
	} else {
		ratio := c / d
		denom := d + ratio*c
		e = (a*ratio + b) / denom
		f = (b*ratio - a) / denom
	}
	if isNaN(e) && isNaN(f) {
		e, f = complexDivSpecial(a, b, c, d, e, f)
	}
	return complex(e, f)
}

func complexDivSpecial(a, b, c, d, e, f float64) (float64, float64) {
	switch {
	case c == 0 && d == 0 && (!isNaN(a) || !isNaN(b)):
		inf := copysign(float64frombits(0x7ff0000000000000), c)
		return inf * a, inf * b
	case (isInf(a) || isInf(b)) && isFinite(c) && isFinite(d):
		a, b = boxInf(a), boxInf(b)
		inf := float64frombits(0x7ff0000000000000)
		return inf * (a*c + b*d), inf * (b*c - a*d)
	case (isInf(c) || isInf(d)) && isFinite(a) && isFinite(b):
		c, d = boxInf(c), boxInf(d)
		return 0 * (a*c + b*d), 0 * (b*c - a*d)
	}
	return e, f
}

// boxInf is 1 for an infinity and 0 for everything else, with the sign of f.
func boxInf(f float64) float64 {
	if isInf(f) {
		return copysign(1, f)
	}
	return copysign(0, f)
}
