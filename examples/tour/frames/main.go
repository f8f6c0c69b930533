// Frames: an HTTP/2-like exchange over one connection: streams that interleave, headers, data, and flow control.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// Kinds of frames, with HTTP/2's numbers.
const (
	data     = 0
	headers  = 1
	settings = 4
	window   = 8
	endOf    = 1 // flag: the stream's last frame
)

var names = map[byte]string{data: "DATA", headers: "HEADERS", settings: "SETTINGS", window: "WINDOW_UPDATE"}

// frame is a frame: nine bytes of header, then the payload.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     string
}

func (f frame) String() string {
	end := ""
	if f.flags&endOf != 0 && f.kind != settings {
		end = " END_STREAM"
	}
	return fmt.Sprintf("%-13s stream %d%s %q", names[f.kind], f.stream, end, f.payload)
}

func write(w io.Writer, f frame) error {
	head := make([]byte, 9, 9+len(f.payload))
	head[1], head[2] = byte(len(f.payload)>>8), byte(len(f.payload))
	head[3], head[4] = f.kind, f.flags
	binary.BigEndian.PutUint32(head[5:], f.stream)
	_, err := w.Write(append(head, f.payload...))
	return err
}

func read(r io.Reader) (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err := io.ReadFull(r, payload)
	return frame{head[3], head[4], binary.BigEndian.Uint32(head[5:]), string(payload)}, err
}

// serve answers each stream when it has ended: the one that ends first is answered first, whoever began.
func serve(conn net.Conn) {
	defer conn.Close()
	write(conn, frame{kind: settings})
	bodies := map[uint32]string{}
	for {
		f, err := read(conn)
		if err != nil {
			return
		}
		if f.kind == headers || f.kind == data {
			bodies[f.stream] += f.payload
		}
		if f.kind == data && f.flags&endOf == 0 {
			write(conn, frame{kind: window, stream: f.stream, payload: fmt.Sprint(len(f.payload))})
		}
		if f.kind != settings && f.flags&endOf != 0 {
			write(conn, frame{kind: headers, stream: f.stream, payload: ":status 200"})
			write(conn, frame{data, endOf, f.stream, "you said " + bodies[f.stream]})
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			serve(conn)
		}
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	requests := []frame{
		{kind: settings},
		{kind: headers, stream: 1, payload: "POST /slow "},
		{kind: headers, flags: endOf, stream: 3, payload: "GET /fast"},
		{kind: data, stream: 1, payload: "part one, "},
		{data, endOf, 1, "part two"},
	}
	for _, f := range requests {
		fmt.Println("->", f)
		write(conn, f)
	}
	for open := 2; open > 0; {
		f, err := read(conn)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("<-", f)
		if f.kind == data && f.flags&endOf != 0 {
			open--
		}
	}
}
