// The order of operands: calls, receives and the like come first, left to right; then variables, fields and elements are read.
package main

import "fmt"

type pair struct{ a, b int }

func (p pair) sum(n int) int   { return p.a*100 + p.b + n }
func (p *pair) add(n int) *pair { p.a += n; return p }
func (p *pair) both() (int, int) {
	p.a++
	return p.a, p.b
}

type summer interface{ sum(int) int }

type big struct{ v [6]int }

func bump(p *int) int      { *p += 10; return *p }
func bumpPair(p *pair) int { p.a += 10; p.b += 10; return p.a }
func bumpBig(p *big) int   { p.v[0] += 10; p.v[5] += 10; return p.v[0] }
func show(args ...any)     { fmt.Println(args...) }

var global = 1

func bumpGlobal() int { global += 10; return global }

func results() (int, int)       { a := 1; return a, bump(&a) }
func aggregate() (pair, int)    { o := pair{1, 2}; return o, bumpPair(&o) }
func large() (big, int)         { o := big{}; return o, bumpBig(&o) }
func field() (int, int)         { o := pair{1, 2}; return o.b, bumpPair(&o) }
func behind() (int, int)        { a := 1; p := &a; return *p, bump(p) }
func named() (a int, b int)     { a = 1; return a + 1, bump(&a) }
func namedPair() (x pair, n int) { x = pair{1, 2}; return x, bumpPair(&x) }

var initial, order = 1, global + bumpGlobal()

func returns() {
	show(results())
	show(aggregate())
	show(large())
	show(field())
	show(behind())
	show(named())
	show(namedPair())
	show(order)
}

func literals() {
	a := 1
	show([]int{a, bump(&a), a})
	a = 1
	arrays := [...][3]int{{a, bump(&a), a}, {a, bump(&a), a}}
	show(arrays)
	a = 1
	q := &pair{b: bump(&a), a: a}
	show(q)
	a = 1
	show(map[int]int{a: bump(&a)})
	a = 1
	show(map[int][]int{a: {a, bump(&a)}, bump(&a): {a}})
	a = 1
	show([]pair{{a, bump(&a)}, {a, bump(&a)}}, struct {
		p pair
		n int
	}{pair{a, a}, bump(&a)})
	a = 1
	show([]any{a, bump(&a), a})
}

func operators() {
	a := 1
	show(a+bump(&a), bump(&a)+a)
	a = 1
	x := a + bump(&a)
	show(x)
	a = 2
	show(a*bump(&a)-a, -a, ^a, a<<bump(&a)&3)
	a = 1
	b, c, d := a == bump(&a), a < bump(&a), !(a == bump(&a))
	show(b, c, d)
	if a == bump(&a) {
		show("equal")
	}
	s := "x"
	more := func() string { s += "y"; return s }
	show(s+more()+s, s)
	s = "x"
	show(s+"-"+s+"-"+more(), s == more())
	a = 1
	f := func() int { a += 10; return a }
	c = a == 1 && f() == 11
	show(c, a)
	a = 1
	show(a, a == 1 && f() == 11, a, a == 11 || f() > 0, a)
	a = 1
	show(a, a == 2 && f() == 11, a)
	z := 0
	func() {
		defer func() { show(recover(), a) }()
		show(a/z, bump(&a))
	}()
	func() {
		defer func() { show(recover(), a) }()
		x := 7 % z + bump(&a)
		show(x)
	}()
}

func assignments() {
	a := 1
	x, y := a, bump(&a)
	show(x, y)
	g, h := global, bumpGlobal()
	show(g, h)
	arr := [30]int{1, 2, 3}
	a = 0
	arr[a], a = bump(&a), 5
	show(arr[0], arr[10], a)
	a = 1
	arr[a] = bump(&a)
	show(arr[1], arr[11])
	a = 1
	arr[a] += bump(&a)
	show(arr[1], arr[11])
	arr = [30]int{}
	s := []int{1, 2, 3}
	old := s
	renew := func() int { s = []int{7, 8, 9}; return 5 }
	s[1] = renew()
	show(old, s)
	s = old
	s[1] += renew()
	show(old, s)
	s = old
	s[1]++
	p, q := &pair{1, 2}, &pair{3, 4}
	next := func() int { p = q; return 6 }
	first := p
	p.a = next()
	show(*first, *p)
	p = first
	p.b += next()
	show(*first, *p)
	p = first
	*p = pair{next(), p.b}
	show(*first, *p)
	a = 1
	m := map[int]int{}
	m[a] = bump(&a)
	show(m)
	a = 1
	m[a] += bump(&a)
	show(m)
	a = 1
	two := func() (int, int) { a++; return a, a }
	arr[a], x = two()
	show(arr[:4], x)
	a = 1
	c := make(chan int, 3)
	c <- 1
	var ok bool
	at := func() *int { show("at", len(c)); return &a }
	*at(), ok = <-c
	show(a, ok)
	a, x = 1, 2
	a, x = x, a
	show(a, x)
	var e any = 4
	arr[*at()], ok = e.(int)
	show(arr[:4], ok)
	var sh uint = 1
	shift := func() int { a = 100; sh = 3; return 1 }
	a = 1
	a <<= shift()
	show(a)
	a = 1
	a <<= sh + uint(shift())
	show(a)
}

func reads() {
	sl := []int{1, 2, 3}
	grow := func() int { sl = []int{7, 8, 9, 10}; return 0 }
	x, y := sl[1], grow()
	show(x, y)
	sl = []int{1, 2, 3}
	show(sl[1], grow())
	sl = []int{1, 2, 3}
	show(len(sl), cap(sl), grow())
	sl = []int{1, 2, 3}
	show(sl[1:], sl, grow())
	sl = []int{1, 2, 3}
	show(sl[grow():], sl)
	sl = []int{1, 2, 3}
	show(append(sl[:1:1], sl[1], grow()), sl)
	sl = []int{1, 2, 3}
	show(sl[2], append(sl[:2], 9), sl[2])
	sl = []int{1, 2, 3}
	show(sl[0], copy(sl, []int{5}), sl[0])
	i := 0
	step := func() int { i++; return i }
	sl = []int{1, 2, 3}
	show(sl[i], step(), sl[i], step(), sl[i])
	i = 0
	m := map[int]int{0: 5, 1: 6, 2: 7}
	show(m[i], step(), m[i], step(), m[i])
	set := func() int { m[0] = 50; return 0 }
	v, w := m[0], set()
	show(v, w)
	b := []byte("abc")
	change := func() int { b[0]++; return int(b[0]) }
	show(string(b), change(), string(b), change())
	sm := map[string]int{"abc": 1, "cbc": 3, "dbc": 4}
	show(sm[string(b)], change(), sm[string(b)])
	str := "abc"
	longer := func() int { str += "d"; return len(str) }
	show([]byte(str), longer(), []rune(str), str, longer())
	var e any = 1
	other := func() int { e = 2; return 3 }
	show(e, e.(int), other())
	n, o := e.(int), other()
	show(n, o)
	pt := &pair{1, 2}
	e = pt
	otherp := func() int { e = &pair{3, 4}; return 5 }
	pp, o := e.(*pair), otherp()
	show(*pp, o)
	e = pt
	otherp2 := func() int { pt = &pair{8, 9}; return 6 }
	q, r, t := pt, *pt, otherp2()
	show(*q, r, t)
	c := complex(1, 2)
	turn := func() int { c = 3 + 4i; return 1 }
	show(real(c), imag(c), turn())
	c = 1 + 2i
	re, tt := real(c), turn()
	show(re, tt)
	k := 3
	down := func() int { k--; return k }
	show(min(k, 9), max(k, 1), down(), k)
	a := 3
	pa := new(a)
	_ = pa
	f := func() int { a = 1; return a }
	arrp := &[3]int{1, 2, 3}
	newp := func() int { arrp = &[3]int{4, 5, 6}; return 1 }
	show(arrp[0], newp(), len(arrp), f())
	ch := make(chan int, 2)
	ch <- 1
	ch <- 2
	lst := len(ch)
	show(len(ch), <-ch, len(ch), <-ch, lst)
}

func calls() {
	o := pair{1, 2}
	show(o.sum(bumpPair(&o)))
	o = pair{1, 2}
	var it summer = o
	show(it.sum(bumpPair(&o)))
	it2 := func() int { it = &pair{5, 6}; return 0 }
	show(it.sum(it2()))
	o = pair{1, 2}
	show(o.add(1).add(o.a).sum(o.b), o)
	o = pair{1, 2}
	show(o.add(o.a).a, o.add(o.a).a, o.a)
	f := func(n int) int { return n }
	swap := func() int { f = func(n int) int { return -n }; return 4 }
	show(f(swap()))
	g := func(a, b int) int { return a * b }
	swap2 := func() (int, int) { g = func(a, b int) int { return a + b }; return 4, 5 }
	show(g(swap2()))
	h := o.sum
	o.a = 7
	show(h(1), o.sum(1))
	p := &o
	move := func() int { p = &pair{2, 3}; return 1 }
	show(p.sum(move()))
	p = &o
	show(p.add(move()).a)
	fs := []func(int) int{f, func(n int) int { return n * 2 }}
	i := 0
	step := func() int { i = 1; return 3 }
	show(fs[i](step()))
	var none summer
	func() {
		defer func() { show(recover() != nil, i) }()
		i = 0
		show(none.sum(step()))
	}()
	func() {
		defer func() { show(recover() != nil, i) }()
		var s []int
		i = 0
		show(s[5], step())
	}()
	a := 1
	defer show("deferred", a, bump(&a), a)
	done := make(chan bool)
	go func(args ...int) { show(args); done <- true }(a, bump(&a), a)
	<-done
	c := make(chan int, 1)
	c2 := make(chan int, 1)
	cc := c
	turn := func() int { cc = c2; return 8 }
	cc <- turn()
	show(len(c), len(c2))
	<-c2
	cc = c
	select {
	case cc <- turn():
		show("sent", len(c), len(c2))
	}
	a = 1
	switch a + bump(&a) {
	case 12:
		show("before")
	case 22:
		show("after")
	}
	for i := range a - bump(&a) + 2 {
		show(i)
	}
	x := 3
	func(vals ...int) { show(vals, x) }(x, func() int { x = 4; return x }(), x)
	a = 1
	print1 := func(a, b pair, c int) { show(a, b, c) }
	o = pair{1, 2}
	print1(o, pair{o.a, 3}, bumpPair(&o))
	o = pair{1, 2}
	show(o, bumpPair(&o), o)
}

func main() {
	returns()
	literals()
	operators()
	assignments()
	reads()
	calls()
}
