// gRPC: a unary call and the three streaming modes, on the real grpc-go, and the frames that the client sends.
// needs: google.golang.org/grpc, here from Debian's golang-google-grpc-dev, whose files are below /usr/share/gocode
// env: GO111MODULE=off
// env: GOPATH=/usr/share/gocode
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/golang/protobuf/ptypes/wrappers"
	"google.golang.org/grpc"
)

// Text is a message with one string: one that every installation of protobuf has, so that no code need be generated.
type Text = wrappers.StringValue

func say(text string) *Text { return &Text{Value: text} }

// service describes what protoc would have generated.
var service = grpc.ServiceDesc{
	ServiceName: "tour.Words",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Greet", Handler: greet}},
	Streams: []grpc.StreamDesc{
		{StreamName: "Spell", Handler: spell, ServerStreams: true},
		{StreamName: "Join", Handler: join, ClientStreams: true},
		{StreamName: "Echo", Handler: echo, ServerStreams: true, ClientStreams: true},
	},
}

func greet(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	in := new(Text)
	if err := decode(in); err != nil {
		return nil, err
	}
	return say("hello, " + in.Value), nil
}

func spell(_ any, stream grpc.ServerStream) error {
	in := new(Text)
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	for _, letter := range in.Value {
		if err := stream.SendMsg(say(string(letter))); err != nil {
			return err
		}
	}
	return nil
}

func join(_ any, stream grpc.ServerStream) error {
	words, err := receiveAll(stream)
	if err != nil {
		return err
	}
	return stream.SendMsg(say(strings.Join(words, " ")))
}

func echo(_ any, stream grpc.ServerStream) error {
	for {
		in := new(Text)
		if err := stream.RecvMsg(in); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(say(in.Value + "!")); err != nil {
			return err
		}
	}
}

type receiver interface{ RecvMsg(any) error }

func receiveAll(stream receiver) (texts []string, err error) {
	for {
		in := new(Text)
		switch err := stream.RecvMsg(in); err {
		case nil:
			texts = append(texts, in.Value)
		case io.EOF:
			return texts, nil
		default:
			return texts, err
		}
	}
}

// tap counts the kinds of HTTP/2 frames that the client sends.
type tap struct {
	net.Conn
	mu     sync.Mutex
	rest   []byte
	counts map[byte]int
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.rest = append(t.rest, p...)
	for {
		t.rest = []byte(strings.TrimPrefix(string(t.rest), preface))
		if len(t.rest) < 9 || strings.HasPrefix(preface, string(t.rest)) {
			break
		}
		size := 9 + int(t.rest[0])<<16 + int(t.rest[1])<<8 + int(t.rest[2])
		if len(t.rest) < size {
			break
		}
		t.counts[t.rest[3]]++
		t.rest = t.rest[size:]
	}
	t.mu.Unlock()
	return t.Conn.Write(p)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func open(conn *grpc.ClientConn, i int) grpc.ClientStream {
	stream := service.Streams[i]
	s, err := conn.NewStream(context.Background(), &stream, "/tour.Words/"+stream.StreamName)
	check(err)
	return s
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := grpc.NewServer()
	server.RegisterService(&service, nil)
	go server.Serve(listener)

	frames := &tap{counts: map[byte]int{}}
	dial := func(ctx context.Context, address string) (conn net.Conn, err error) {
		frames.Conn, err = new(net.Dialer).DialContext(ctx, "tcp", address)
		return frames, err
	}
	conn, err := grpc.Dial(listener.Addr().String(), grpc.WithInsecure(), grpc.WithBlock(), grpc.WithContextDialer(dial))
	check(err)

	out := new(Text)
	check(conn.Invoke(context.Background(), "/tour.Words/Greet", say("gopher"), out))
	fmt.Println("unary:             ", out.Value)

	s := open(conn, 0)
	check(s.SendMsg(say("Go")))
	check(s.CloseSend())
	letters, err := receiveAll(s)
	fmt.Println("server streaming:  ", letters, err)

	s = open(conn, 1)
	for _, word := range []string{"never", "the", "same", "day"} {
		check(s.SendMsg(say(word)))
	}
	check(s.CloseSend())
	words, err := receiveAll(s)
	fmt.Println("client streaming:  ", words, err)

	s = open(conn, 2)
	for _, word := range []string{"a", "b"} {
		check(s.SendMsg(say(word)))
		check(s.RecvMsg(out))
		fmt.Println("both at once:      ", word, "->", out.Value)
	}
	check(s.CloseSend())
	fmt.Println("the end:           ", s.RecvMsg(out))

	err = conn.Invoke(context.Background(), "/tour.Words/Nothing", say(""), out)
	fmt.Println("an unknown method: ", err)
	check(conn.Close())
	server.Stop()
	frames.mu.Lock()
	fmt.Println("frames of the client: HEADERS", frames.counts[1], "- SETTINGS at least 1:", frames.counts[4] > 0)
}
